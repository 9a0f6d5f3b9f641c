import {
  chmod,
  chown,
  copyFile,
  link,
  mkdir,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { ExclusiveFile } from '../../src/engines/sqlite/exclusive.js';
import { OpenFiles } from '../../src/engines/sqlite/open-files.js';
import { errorOf } from '../support/dumps.js';
import { canMount, Mount } from '../support/mounts.js';
import { toLoad } from '../support/restores.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { SqliteHolder } from '../support/sqlite-holder.js';
import { contentOf, createCrashedJournal, createCrashedWal, RestoreLab } from '../support/sqlite-restores.js';

const engine = new SqliteEngine(null);

function failed(code: string, message: string): object {
  return { name: 'RestoreFailedError', code, message: expect.stringContaining(message) };
}

const OUT_OF_REACH = {
  name: 'EngineUnreachableError',
  message: expect.stringContaining('no such file or folder'),
};

async function expectRestored(lab: RestoreLab): Promise<void> {
  expect(await readdir(lab.folder)).toEqual(['shop.db']);
  expect(await contentOf(lab.path)).toBe(lab.content);
}

describe('a SQLite database that is replaced', () => {
  test.each([
    ['a log whose commits are nowhere else', createCrashedWal],
    ['a journal that must be rolled back', createCrashedJournal],
  ])('takes %s with it', async (_what, create) => {
    await using lab = await RestoreLab.create();
    await create(lab.scratch.join('old.db'));
    for (const ending of ['', '-wal', '-shm', '-journal']) {
      await copyFile(lab.scratch.join(`old.db${ending}`), `${lab.path}${ending}`).catch(() => undefined);
    }
    await lab.restore();
    await expectRestored(lab);
  });

  test.each([
    ['a log', createCrashedWal],
    ['a journal', createCrashedJournal],
  ])('is whole in its own file before %s goes', async (_what, create) => {
    await using lab = await RestoreLab.create();
    const path = lab.scratch.join('old.db');
    await create(path);
    await using file = await ExclusiveFile.take({
      path,
      database: 'old.db',
      signal: new AbortController().signal,
      files: new OpenFiles([]),
    });
    expect(file.isReadable).toBe(true);
    // What a crash would leave once the companions are removed.
    await copyFile(path, lab.path);
    expect(await contentOf(lab.path)).toBe(await contentOf(`${path}.live`));
  });

  test('may be damaged, or none at all', async () => {
    await using lab = await RestoreLab.create();
    for (const bytes of [Buffer.alloc(0), Buffer.from('notes'), Buffer.alloc(8192, 0xa5)]) {
      await writeFile(lab.path, bytes);
      for (const ending of ['-wal', '-shm', '-journal']) await writeFile(`${lab.path}${ending}`, Buffer.alloc(5000, 1));
      await lab.restore();
      await expectRestored(lab);
    }
  });

  test('gets the log back that SQLite could not read, when the server died on the way', async () => {
    await using lab = await RestoreLab.create();
    await writeFile(lab.path, Buffer.alloc(8192, 0xa5));
    const target = await lab.stage();
    await writeFile(lab.scratch.join('data', `.rds_replaced_${target.stagingId}-wal`), 'encrypted');
    await engine.abandonRestore(target);
    expect(await readdir(lab.folder)).toEqual(['shop.db', 'shop.db-wal']);
  });

  test('keeps its mode and its owner', async () => {
    await using lab = await RestoreLab.create();
    await createSampleDatabase(lab.path);
    const isRoot = process.getuid?.() === 0;
    if (isRoot) await chown(lab.path, 1234, 2345);
    await chmod(lab.path, 0o640);
    const before = await stat(lab.path);
    await lab.restore();
    const { mode, uid, gid } = await stat(lab.path);
    expect({ mode, uid, gid }).toEqual({ mode: before.mode, uid: before.uid, gid: before.gid });
    await expectRestored(lab);
  });

  test('is replaced where its link leads to, and the link stays', async () => {
    await using lab = await RestoreLab.create();
    await mkdir(lab.scratch.join('elsewhere'));
    await createSampleDatabase(lab.scratch.join('elsewhere', 'real.db'));
    await symlink('../elsewhere/real.db', lab.path);
    await lab.restore();
    expect(await readlink(lab.path)).toBe('../elsewhere/real.db');
    expect(await readdir(lab.scratch.join('elsewhere'))).toEqual(['real.db']);
    expect(await contentOf(lab.scratch.join('elsewhere', 'real.db'))).toBe(lab.content);
  });

  test('is not replaced through a link that leads nowhere, or out of the allowed folders', async () => {
    await using lab = await RestoreLab.create();
    await symlink('../elsewhere.db', lab.path);
    expect(await errorOf(lab.stage())).toMatchObject(failed('RESTORE_FAILED', 'a symbolic link that leads nowhere'));
    await engine.abandonRestore(await lab.aim());
    await createSampleDatabase(lab.scratch.join('elsewhere.db'));
    const fenced = new SqliteEngine([lab.folder]);
    expect(await errorOf(fenced.stageRestore(await lab.aim(), toLoad(lab.dump)))).toMatchObject({
      name: 'EngineUnreachableError',
      message: expect.stringContaining('SQLITE_ROOTS'),
    });
  });

  test('is not replaced when it is a folder', async () => {
    await using lab = await RestoreLab.create();
    await mkdir(lab.path);
    expect(await errorOf(lab.restore())).toMatchObject(failed('RESTORE_FAILED', 'is no file'));
  });
});

describe('a SQLite database that somebody has open', () => {
  test.each([
    ['idle, in WAL mode', 'PRAGMA journal_mode = wal; SELECT count(*) FROM items'],
    ['idle', 'SELECT count(*) FROM items'],
    ['reading', 'BEGIN; SELECT count(*) FROM items'],
    ['writing', 'BEGIN IMMEDIATE; DELETE FROM items WHERE id = 1'],
    ['writing, in WAL mode', 'PRAGMA journal_mode = wal; BEGIN IMMEDIATE; DELETE FROM items WHERE id = 1'],
    ['locked', 'BEGIN EXCLUSIVE'],
  ])('is not replaced: another process has it %s', async (_how, sql) => {
    await using lab = await RestoreLab.create();
    await createSampleDatabase(lab.path);
    const old = await contentOf(lab.path);
    const target = await lab.stage();
    {
      await using holder = await SqliteHolder.start(lab.path, sql);
      const error = await errorOf(engine.commitRestore(target));
      expect(error).toMatchObject(
        failed('RESTORE_FAILED', `(process ${holder.pid.toString()}). Stop the application first`),
      );
    }
    expect(await contentOf(lab.path)).toBe(old);
    await engine.commitRestore(target);
    await expectRestored(lab);
  });

  test('is not replaced: this server has it', async () => {
    await using lab = await RestoreLab.create();
    await createSampleDatabase(lab.path);
    const target = await lab.stage();
    {
      await using file = await SqliteFile.open(lab.path);
      await file.all('SELECT count(*) FROM items');
      expect(await errorOf(engine.commitRestore(target))).toMatchObject(failed('RESTORE_FAILED', 'this server itself'));
    }
    await engine.commitRestore(target);
    await expectRestored(lab);
  });

  test('is waited for no longer when the signal is aborted', async () => {
    await using lab = await RestoreLab.create();
    await createSampleDatabase(lab.path);
    const reason = new Error('enough');
    const aborting = new AbortController();
    const target = await lab.stage({ signal: aborting.signal });
    await using file = await SqliteFile.open(lab.path);
    await file.exec('BEGIN');
    const committing = errorOf(engine.commitRestore(target));
    aborting.abort(reason);
    expect(await committing).toBe(reason);
  });
});

describe('a SQLite database that is not to be replaced', () => {
  test('is not, though its file was made only after the dump was loaded', async () => {
    await using lab = await RestoreLab.create();
    const target = await lab.stage({ overwrite: false });
    await createSampleDatabase(lab.path);
    const old = await contentOf(lab.path);
    expect(await errorOf(engine.commitRestore(target))).toMatchObject(failed('TARGET_EXISTS', 'Choose another name'));
    expect(await contentOf(lab.path)).toBe(old);
  });

  test('is not, though its log alone is left; where it may be, that log is not replayed', async () => {
    await using lab = await RestoreLab.create();
    await createCrashedWal(lab.scratch.join('old.db'));
    await copyFile(lab.scratch.join('old.db-wal'), `${lab.path}-wal`);
    expect(await errorOf(lab.restore({ overwrite: false }))).toMatchObject(failed('TARGET_EXISTS', 'shop.db-wal'));
    for (const name of await readdir(lab.folder)) if (name.startsWith('.')) await rm(lab.scratch.join('data', name));
    await lab.restore();
    await expectRestored(lab);
  });

  test('has its name already when the server died before it removed the other one', async () => {
    await using lab = await RestoreLab.create();
    const target = await lab.stage({ overwrite: false });
    await link(lab.scratch.join('data', `.rds_restore_${target.stagingId}`), lab.path);
    await engine.commitRestore(target);
    await expectRestored(lab);
  });

  test('is not said to be restored when what was loaded is gone', async () => {
    await using lab = await RestoreLab.create();
    expect(await errorOf(engine.commitRestore(await lab.aim()))).toMatchObject(
      failed('RESTORE_FAILED', 'not there any more'),
    );
  });
});

describe('a SQLite instance that is one file', () => {
  test('takes its own database back, and no other', async () => {
    await using lab = await RestoreLab.create();
    await createSampleDatabase(lab.path);
    const url = `sqlite:${lab.path}`;
    expect(await engine.findNameFault(url, 'other.db')).toContain('only shop.db');
    expect(await errorOf(lab.stage({ url, database: 'other.db' }))).toMatchObject(
      failed('RESTORE_FAILED', 'only shop.db'),
    );
    await engine.abandonRestore(await lab.aim({ url, database: 'other.db' }));
    expect(await engine.findNameFault(url, 'shop.db')).toBeNull();
    await lab.restore({ url });
    await expectRestored(lab);
  });

  test('takes it back when the file is lost', async () => {
    await using lab = await RestoreLab.create();
    await lab.restore({ url: `sqlite:${lab.path}`, overwrite: false });
    await expectRestored(lab);
  });

  test('is out of reach when its folder is: what was loaded may still be there', async () => {
    await using lab = await RestoreLab.create();
    const url = `sqlite:${lab.scratch.join('none', 'shop.db')}`;
    expect(await errorOf(lab.stage({ url }))).toMatchObject(failed('ENGINE_UNREACHABLE', 'no such file or folder'));
    const abandoning = engine.abandonRestore(await lab.aim({ url }));
    expect(await errorOf(abandoning)).toMatchObject(OUT_OF_REACH);
  });
});

describe.skipIf(!canMount)('a disk without room for the restored database', () => {
  test.each([
    ['before it begins', 3_000_000],
    ['when it only shows on the way', 1000],
  ])('fails the restore %s, and nothing is left', async (_when, originalBytes) => {
    await using lab = await RestoreLab.create(3_000_000);
    await using mount = await Mount.tmpfs('1m');
    const target = await lab.aim({ url: `sqlite:${mount.path}` });
    const error = await errorOf(engine.stageRestore(target, { ...toLoad(lab.dump), originalBytes }));
    expect(error).toMatchObject(failed('STORAGE_FULL', 'no room'));
    await engine.abandonRestore(target);
    expect(await readdir(mount.path)).toEqual([]);
  });
});

test('what restores put beside databases is never listed', async () => {
  await using lab = await RestoreLab.create();
  await createSampleDatabase(lab.path);
  for (const kind of ['restore', 'replaced']) {
    await createSampleDatabase(lab.scratch.join('data', `.rds_${kind}_${'a'.repeat(24)}`));
  }
  await rename(lab.path, lab.scratch.join('data', 'rds_restore_mine.db'));
  const databases = await engine.listDatabases(`sqlite:${lab.folder}`, new AbortController().signal);
  expect(databases.map(({ name }) => name)).toEqual(['rds_restore_mine.db']);
});

import { renameSync, rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { beginDump, errorOf, takeDump } from '../support/dumps.js';
import { fingerprintOf } from '../support/folder-fingerprint.js';
import { canMount, Mount } from '../support/mounts.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';

const engine = new SqliteEngine(null);

async function probeError(path: string): Promise<unknown> {
  return errorOf(engine.probe(`sqlite:${path}`, new AbortController().signal));
}

async function dumpError(path: string, onStaged?: () => void): Promise<unknown> {
  await using scratch = await TempDir.create();
  const staged = onStaged === undefined ? {} : { onStaged };
  return await errorOf(takeDump({ engine, url: `sqlite:${path}`, name: 'shop.db', scratch, ...staged }));
}

function unreachable(reason: string): object {
  return { name: 'EngineUnreachableError', message: expect.stringContaining(reason) };
}

function failed(code: string, message: string): object {
  return { name: 'BackupFailedError', code, message: expect.stringContaining(message) };
}

describe('a SQLite file that is out of reach', () => {
  test.each([
    ['was never there', 'none.db', 'there is no such file or folder'],
    ['is below a file', 'shop.db/below.db', 'a part of the path is not a folder'],
    ['has a name beyond all limits', 'x'.repeat(300), 'longer than the file system allows'],
  ])('because it %s', async (_why, name, reason) => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    expect(await probeError(dir.join(name))).toMatchObject(unreachable(reason));
    expect(await dumpError(dir.join(name))).toMatchObject({
      name: 'BackupFailedError',
      message: expect.stringContaining(reason),
    });
  });

  test('because it vanished after its registration', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    expect(await probeError(dir.join('shop.db'))).toBeNull();
    await rm(dir.join('shop.db'));
    for (const path of [dir.join('shop.db'), dir.path]) {
      expect(await dumpError(path)).toMatchObject(failed('ENGINE_UNREACHABLE', 'there is no such file'));
    }
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('because its -shm file is missing, and makes none', async () => {
    await using dir = await TempDir.create();
    await using copies = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'), { journalMode: 'wal' });
    await using application = await SqliteFile.open(dir.join('shop.db'));
    await application.exec('DELETE FROM items WHERE id = 1');
    for (const name of ['shop.db', 'shop.db-wal']) await copyFile(dir.join(name), copies.join(name));

    expect(await probeError(copies.join('shop.db'))).toMatchObject(unreachable('needs its -shm file beside it'));
    expect(await readdir(copies.path)).toEqual(['shop.db', 'shop.db-wal']);
  });

  test('because a file beside it in the folder cannot be read, and might be a database, too', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    await symlink(dir.join('loop.db'), dir.join('loop.db'));

    expect(await probeError(dir.path)).toMatchObject(unreachable('its file loop.db cannot be read'));
  });

  test('because its symbolic links go in a circle', async () => {
    await using dir = await TempDir.create();
    await symlink(dir.join('b'), dir.join('a'));
    await symlink(dir.join('a'), dir.join('b'));
    expect(await probeError(dir.join('a'))).toMatchObject(unreachable('go in a circle'));
  });

  test('because another connection holds it locked exclusively', { timeout: 60_000 }, async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    await using other = await SqliteFile.open(dir.join('shop.db'));
    await other.exec('BEGIN EXCLUSIVE');
    const [probed, dumped] = await Promise.all([probeError(dir.join('shop.db')), dumpError(dir.join('shop.db'))]);
    expect(probed).toMatchObject(unreachable('another process holds it locked exclusively'));
    expect(dumped).toMatchObject(failed('ENGINE_UNREACHABLE', 'another process holds it locked exclusively'));
    await other.exec('COMMIT');
    expect(await dumpError(dir.join('shop.db'))).toBeNull();
  });

  test('because its last writer died in the middle of a transaction', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    await mkdir(dir.join('crashed'));
    {
      await using writer = await SqliteFile.open(dir.join('shop.db'));
      // A cache this small spills changed pages into the file before the commit, after the journal is synced.
      await writer.exec(
        'PRAGMA cache_size = 2; PRAGMA cache_spill = 1; BEGIN; UPDATE items SET content = zeroblob(950)',
      );
      for (const name of ['shop.db', 'shop.db-journal']) await copyFile(dir.join(name), dir.join('crashed', name));
      await writer.exec('ROLLBACK');
    }
    const before = await fingerprintOf(dir.join('crashed'));
    const path = dir.join('crashed', 'shop.db');
    expect(await probeError(path)).toMatchObject(unreachable('died in the middle of a transaction'));
    expect(await dumpError(path)).toMatchObject({
      message: expect.stringContaining('died in the middle of a transaction'),
    });
    expect(await fingerprintOf(dir.join('crashed'))).toEqual(before);
  });
});

describe('a file that is no SQLite database', () => {
  test.each([
    ['text', Buffer.from('just some notes, longer than the header of a database would be. '.repeat(3))],
    ['a few bytes', Buffer.from('SQLite')],
    ['an encrypted one', Buffer.alloc(8192, 0xa5)],
  ])('is refused: %s', async (_what, bytes) => {
    await using dir = await TempDir.create();
    await writeFile(dir.join('shop.db'), bytes);
    expect(await probeError(dir.join('shop.db'))).toMatchObject(
      unreachable('is not a SQLite database, or it is encrypted'),
    );
    expect(await dumpError(dir.join('shop.db'))).toMatchObject(failed('DUMP_FAILED', 'not a SQLite database'));
  });

  test('is refused though its first bytes say otherwise', async () => {
    await using dir = await TempDir.create();
    await writeFile(dir.join('shop.db'), Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(8176, 0xff)]));
    expect(await probeError(dir.join('shop.db'))).toMatchObject({ name: 'EngineUnreachableError' });
    expect(await dumpError(dir.join('shop.db'))).toMatchObject({ name: 'BackupFailedError', code: 'DUMP_FAILED' });
  });
});

describe('a SQLite database that goes while it is being copied', () => {
  test.each(['wal', 'delete'] as const)('fails the dump when it is removed, in %s mode', async (journalMode) => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'), { journalMode });
    const error = await dumpError(dir.join('shop.db'), () => {
      rmSync(dir.join('shop.db'));
    });
    expect(error).toMatchObject(failed('DUMP_FAILED', 'was removed or replaced while it was being copied'));
  });

  test.each(['wal', 'delete'] as const)('fails the dump when it is replaced, in %s mode', async (journalMode) => {
    await using dir = await TempDir.create();
    for (const name of ['shop.db', 'next.db']) await createSampleDatabase(dir.join(name), { journalMode });
    const error = await dumpError(dir.join('shop.db'), () => {
      renameSync(dir.join('next.db'), dir.join('shop.db'));
    });
    expect(error).toMatchObject(failed('DUMP_FAILED', 'was removed or replaced while it was being copied'));
  });
});

describe('a SQLite database that is damaged', () => {
  test('fails the dump, whichever of its pages it is', async () => {
    await using dir = await TempDir.create();
    {
      await using file = await SqliteFile.open(dir.join('good.db'));
      await file.exec(`
        CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, content TEXT NOT NULL);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
        INSERT INTO items SELECT i, 'name ' || i, hex(randomblob(40)) FROM n;
      `);
    }
    const good = await readFile(dir.join('good.db'));
    const pages = good.length / 4096;
    expect(pages).toBeGreaterThan(8);
    for (let page = 0; page < pages; page += 1) {
      const damaged = Buffer.from(good);
      // The header of the page's B-tree; on the first page it follows that of the file.
      damaged.fill(0xff, page * 4096 + (page === 0 ? 100 : 0), page * 4096 + (page === 0 ? 120 : 20));
      await writeFile(dir.join('shop.db'), damaged);
      expect(await dumpError(dir.join('shop.db'))).toMatchObject({ name: 'BackupFailedError', code: 'DUMP_FAILED' });
    }
  });

  test('says what SQLite finds in it', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    await using handle = await open(dir.join('shop.db'), 'r+');
    await handle.write(Buffer.alloc(16, 0xff), 0, 16, 5 * 4096);
    expect(await dumpError(dir.join('shop.db'))).toMatchObject(failed('DUMP_FAILED', 'Database shop.db'));
  });

  test('is refused when its file was cut short', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'));
    await truncate(dir.join('shop.db'), 20 * 4096);
    expect(await dumpError(dir.join('shop.db'))).toMatchObject({ name: 'BackupFailedError', code: 'DUMP_FAILED' });
  });

  test('fails the dump when its rows refer to missing ones', async () => {
    await using dir = await TempDir.create();
    {
      await using file = await SqliteFile.open(dir.join('shop.db'));
      await file.exec(`
        PRAGMA foreign_keys = OFF;
        CREATE TABLE customers (id INTEGER PRIMARY KEY);
        CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customers (id));
        INSERT INTO orders VALUES (1, 42);
      `);
    }
    expect(await dumpError(dir.join('shop.db'))).toMatchObject(failed('DUMP_FAILED', '(orders -> customers)'));
  });
});

describe.skipIf(!canMount)('a disk without room for the temporary copy', () => {
  async function dumpInto(mount: Mount, path: string): Promise<unknown> {
    const scratchDir = await mkdtemp(join(mount.path, 'dump-'));
    const database = { name: 'shop.db', system: false };
    const { signal } = new AbortController();
    const dumping = engine.dump({ url: `sqlite:${path}`, database, scratchDir, onStaged: () => undefined, signal });
    return errorOf(dumping);
  }

  test('fails the dump before it begins', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'), { sizeBytes: 3_000_000 });
    await using mount = await Mount.tmpfs('1m');
    expect(await dumpInto(mount, dir.join('shop.db'))).toMatchObject(
      failed('STORAGE_FULL', 'no room for the temporary copy'),
    );
  });

  test('fails the dump when it only shows on the way', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('shop.db'), { journalMode: 'wal', sizeBytes: 10_000 });
    await using other = await SqliteFile.open(dir.join('shop.db'));
    await other.exec(`
      PRAGMA wal_autocheckpoint = 0;
      WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) INSERT INTO items SELECT i, randomblob(950) FROM n;
    `);
    await using mount = await Mount.tmpfs('1m');
    expect(await dumpInto(mount, dir.join('shop.db'))).toMatchObject(
      failed('STORAGE_FULL', 'no room for the temporary copy'),
    );
  });
});

test('a dump that SQLite is still checking can be disposed of at once', async () => {
  await using dir = await TempDir.create();
  await using scratch = await TempDir.create();
  await createSampleDatabase(dir.join('shop.db'), { sizeBytes: 20_000_000 });
  const dump = await beginDump({ engine, url: `sqlite:${dir.join('shop.db')}`, name: 'shop.db', scratch });
  await dump[Symbol.asyncDispose]();
  await errorOf(dump.completion);
});

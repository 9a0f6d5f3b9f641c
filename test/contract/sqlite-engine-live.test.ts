import { copyFile, mkdir, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { utimesSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { errorOf, takeDump } from '../support/dumps.js';
import { fingerprintOf } from '../support/folder-fingerprint.js';
import { canMount, Mount } from '../support/mounts.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { SqliteWriter } from '../support/sqlite-writer.js';
import { TempDir } from '../support/temp-dir.js';

const engine = new SqliteEngine(null);
const { signal } = new AbortController();

/** A folder with one database in it, and one for dumps and restored copies. */
class Subject implements AsyncDisposable {
  readonly data: TempDir;
  readonly scratch: TempDir;

  private constructor(data: TempDir, scratch: TempDir) {
    this.data = data;
    this.scratch = scratch;
  }

  static async create(): Promise<Subject> {
    return new Subject(await TempDir.create(), await TempDir.create());
  }

  get path(): string {
    return this.data.join('shop.db');
  }

  async dump(onStaged?: (bytes: number) => void): Promise<Buffer> {
    const staged = onStaged === undefined ? {} : { onStaged };
    return takeDump({ engine, url: `sqlite:${this.path}`, name: 'shop.db', scratch: this.scratch, ...staged });
  }

  async queryDump<Row>(dump: Buffer, sql: string): Promise<Row[]> {
    const path = this.scratch.join('restored.db');
    await rm(path, { force: true });
    await writeFile(path, dump);
    await using file = await SqliteFile.open(path);
    return await file.all<Row>(sql);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.data[Symbol.asyncDispose]();
    await this.scratch[Symbol.asyncDispose]();
  }
}

const COUNT = 'SELECT count(*) AS n FROM items';

describe('a SQLite database in WAL mode', () => {
  test('at rest is dumped without a -wal or -shm being made beside it', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    expect(await readdir(subject.data.path)).toEqual(['shop.db']);
    const before = await fingerprintOf(subject.data.path);
    const seen: string[][] = [];

    await engine.probe(`sqlite:${subject.path}`, signal);
    const dump = await subject.dump(() => {
      void readdir(subject.data.path).then((names) => seen.push(names));
    });

    expect(await subject.queryDump(dump, COUNT)).toEqual([{ n: 100 }]);
    expect(await fingerprintOf(subject.data.path)).toEqual(before);
    expect(seen.flat().filter((name) => name !== 'shop.db')).toEqual([]);
  });

  test('in use is dumped with what another connection has committed and not yet checkpointed', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    await using other = await SqliteFile.open(subject.path);
    await other.exec('PRAGMA wal_autocheckpoint = 0; INSERT INTO items SELECT id + 1000, content FROM items');
    await other.exec('BEGIN; INSERT INTO items VALUES (5000, zeroblob(10))');
    const before = await fingerprintOf(subject.data.path);

    const dump = await subject.dump();

    expect(await subject.queryDump(dump, COUNT)).toEqual([{ n: 200 }]);
    // What SQLite keeps in the -shm is its own: locks and read marks.
    const { [subject.data.join('shop.db-shm')]: _shmBefore, ...others } = before;
    const { [subject.data.join('shop.db-shm')]: _shmAfter, ...othersAfter } = await fingerprintOf(subject.data.path);
    expect(othersAfter).toEqual(others);
    await other.exec('COMMIT');
  });

  test('whose writer has crashed is dumped with what is in the -wal that it left', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    {
      await using writer = await SqliteWriter.start(subject.path, 'wal');
      await writer.untilMore(5);
    }
    const dump = await subject.dump();
    const [row] = await subject.queryDump<{ a: number; b: number }>(
      dump,
      'SELECT (SELECT max(n) FROM a) AS a, (SELECT max(n) FROM b) AS b',
    );
    expect(row?.a).toBeGreaterThanOrEqual(15);
    expect(row?.b).toBe(row?.a);
    expect((await stat(`${subject.path}-wal`)).size).toBeGreaterThan(0);
  });

  test.skipIf(!canMount)('at rest is dumped from a folder that nobody can write', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    await using mount = await Mount.readOnly(subject.data.path);
    const url = `sqlite:${mount.path}/shop.db`;
    expect((await engine.probe(url, signal)).databases).toHaveLength(1);
    const dump = await takeDump({ engine, url, name: 'shop.db', scratch: subject.scratch });
    expect(await subject.queryDump(dump, COUNT)).toEqual([{ n: 100 }]);
  });

  test.skipIf(!canMount)('with a -wal but no -shm cannot be read from a folder that nobody can write', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    await using open = await SqliteFile.open(subject.path);
    await open.exec('INSERT INTO items VALUES (5000, zeroblob(10))');
    await mkdir(subject.data.join('left'));
    for (const name of ['shop.db', 'shop.db-wal'])
      await copyFile(subject.data.join(name), subject.data.join('left', name));
    await using mount = await Mount.readOnly(subject.data.join('left'));
    const url = `sqlite:${mount.path}/shop.db`;

    expect(await errorOf(engine.probe(url, signal))).toMatchObject({
      name: 'EngineUnreachableError',
      message: expect.stringContaining('needs its -shm file beside it'),
    });
    const dumping = takeDump({ engine, url, name: 'shop.db', scratch: subject.scratch });
    expect(await errorOf(dumping)).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  test('that changes under an unlocked copy is copied anew, and its staged bytes are taken back', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    await utimes(subject.path, 1_700_000_000, 1_700_000_000);
    const staged: number[] = [];
    const dump = await subject.dump((bytes) => {
      staged.push(bytes);
      if (staged.length === 1) utimesSync(subject.path, 1_700_000_001, 1_700_000_001);
    });
    expect(await subject.queryDump(dump, COUNT)).toEqual([{ n: 100 }]);
    expect(staged).toEqual([dump.length, -dump.length, dump.length]);
  });

  test('that changes under every unlocked copy is given up', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path, { journalMode: 'wal' });
    let time = 1_700_000_000;
    const dumping = subject.dump(() => {
      time += 1;
      utimesSync(subject.path, time, time);
    });
    expect(await errorOf(dumping)).toMatchObject({
      code: 'DUMP_FAILED',
      message: 'Database shop.db was opened and changed each time it was being copied. Try again.',
    });
  });
});

describe('a SQLite database that another process commits to without a pause', () => {
  test.each(['wal', 'delete'] as const)('is dumped whole, in %s mode, and the writer goes on', async (journalMode) => {
    await using subject = await Subject.create();
    // More than one step of the online backup.
    await createSampleDatabase(subject.path, { journalMode, sizeBytes: 40_000_000 });
    await using writer = await SqliteWriter.start(subject.path, journalMode);

    for (let round = 0; round < 2; round += 1) {
      const before = writer.commits;
      const dump = await subject.dump();
      const rows = await subject.queryDump<Record<string, unknown>>(
        dump,
        `SELECT (SELECT count(*) FROM items) AS items, (SELECT max(n) FROM a) AS a, (SELECT count(*) FROM a) AS ca,
                (SELECT max(n) FROM b) AS b, (SELECT count(*) FROM b) AS cb, (SELECT * FROM pragma_integrity_check) AS ok`,
      );
      const [{ a = 0 } = {}] = rows as { a?: number }[];
      expect(a).toBeGreaterThanOrEqual(before);
      expect(rows).toEqual([{ items: 40_000, a, ca: a, b: a, cb: a, ok: 'ok' }]);
      await writer.untilMore(1);
    }
  });

  test('is dumped though its file never looks untouched', async () => {
    await using subject = await Subject.create();
    await createSampleDatabase(subject.path);
    const touching = setInterval(() => {
      const now = new Date();
      utimesSync(subject.path, now, now);
    }, 1);
    try {
      expect(await subject.queryDump(await subject.dump(), COUNT)).toEqual([{ n: 100 }]);
    } finally {
      clearInterval(touching);
    }
  });
});

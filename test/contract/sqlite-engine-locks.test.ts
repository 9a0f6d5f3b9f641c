import { readdir, readlink } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { SqliteConnection } from '../../src/engines/sqlite/connection.js';
import { ExclusiveFile } from '../../src/engines/sqlite/exclusive.js';
import { readHeader } from '../../src/engines/sqlite/file.js';
import { OpenFiles } from '../../src/engines/sqlite/open-files.js';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { takeDump } from '../support/dumps.js';
import { attemptElsewhere } from '../support/sqlite-attempt.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';

const { signal } = new AbortController();
const WRITE = 'DELETE FROM items WHERE id = 1';
const LOCKED = 'SQLITE_BUSY: database is locked';

/** How many handles this process has of a file. */
async function countHandles(path: string): Promise<number> {
  const targets = (await readdir('/proc/self/fd')).map((id) => readlink(`/proc/self/fd/${id}`).catch(() => ''));
  return (await Promise.all(targets)).filter((target) => target === path).length;
}

describe('a dump of a SQLite database in rollback mode', () => {
  test('keeps applications from writing into its copy while its instance is listed and looked after', async () => {
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    const path = dir.join('shop.db');
    // Several steps of the online backup: a listing is over before the copy is.
    await createSampleDatabase(path, { sizeBytes: 80_000_000 });
    const engine = new SqliteEngine(null);
    const url = `sqlite:${dir.path}`;
    const attempts: string[] = [];
    let listing: Promise<unknown> | null = null;
    let isListed = false;
    const onStaged = (): void => {
      if (isListed || listing === null) attempts.push(attemptElsewhere(path, WRITE));
      listing ??= Promise.all([engine.listDatabases(url, signal), engine.checkHealth(`${url}/shop.db`, signal)]).then(
        () => {
          isListed = true;
        },
      );
    };

    await takeDump({ engine, url, name: 'shop.db', scratch, onStaged });

    await (listing as Promise<unknown> | null);
    expect(attempts.length).toBeGreaterThan(1);
    expect(new Set(attempts)).toEqual(new Set([LOCKED]));
    expect(attemptElsewhere(path, WRITE)).toBe('done');
  });
});

describe('a SQLite database that is locked', () => {
  test('stays locked when its header was being read before', async () => {
    await using dir = await TempDir.create();
    const path = dir.join('shop.db');
    await createSampleDatabase(path);
    const files = new OpenFiles([]);
    for (let round = 0; round < 10; round += 1) {
      const reading = Array.from({ length: 16 }, async () => readHeader(path, files));
      await using connection = await SqliteConnection.openForReading(path, files);
      await connection.pinSnapshot();
      await Promise.all(reading);
      expect(attemptElsewhere(path, WRITE)).toBe(LOCKED);
    }
    expect(await countHandles(path)).toBe(0);
  });

  test('stays locked until the last connection to it is closed', async () => {
    await using dir = await TempDir.create();
    const path = dir.join('shop.db');
    await createSampleDatabase(path);
    const files = new OpenFiles([]);
    await using first = await SqliteConnection.openForReading(path, files);
    {
      await using second = await SqliteConnection.openForReading(path, files);
      await first.pinSnapshot();
      await second.pinSnapshot();
      await readHeader(path, files);
    }
    expect(attemptElsewhere(path, WRITE)).toBe(LOCKED);
  });

  test('has its header read over and over by one handle, which goes when the lock does', async () => {
    await using dir = await TempDir.create();
    const path = dir.join('shop.db');
    await createSampleDatabase(path);
    const files = new OpenFiles([]);
    {
      await using _file = await ExclusiveFile.take({ path, database: 'shop.db', signal, files });
      const before = await countHandles(path);
      for (let round = 0; round < 20; round += 1) expect((await readHeader(path, files)).isDatabase).toBe(true);
      expect(await countHandles(path)).toBe(before + 1);
      expect(attemptElsewhere(path, 'SELECT * FROM items')).toBe(LOCKED);
    }
    expect(await countHandles(path)).toBe(0);
    expect(attemptElsewhere(path, WRITE)).toBe('done');
  });
});

test("a listing leaves the locks of the server's own databases alone", async () => {
  await using dir = await TempDir.create();
  await createSampleDatabase(dir.join('catalog.sqlite'));
  await using catalog = await SqliteFile.open(dir.join('catalog.sqlite'));
  await catalog.exec('BEGIN IMMEDIATE');
  const engine = new SqliteEngine(null, [dir.join('catalog.sqlite'), dir.join('not-there')]);
  for (let round = 0; round < 3; round += 1) await engine.listDatabases(`sqlite:${dir.path}`, signal);
  expect(attemptElsewhere(dir.join('catalog.sqlite'), WRITE)).toBe(LOCKED);
});

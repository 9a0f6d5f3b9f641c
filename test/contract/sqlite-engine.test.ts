import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Engine } from '../../src/domain/instance.js';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { takeDump } from '../support/dumps.js';
import { fingerprintOf } from '../support/folder-fingerprint.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseEngineContract } from './database-engine.contract.js';
import type { EngineSubject } from './database-engine.contract.js';

const ALL_ROWS = 'SELECT id, hex(content) AS content FROM items ORDER BY id';

async function rowsOf(path: string): Promise<unknown[]> {
  await using file = await SqliteFile.open(path);
  return await file.all(ALL_ROWS);
}

async function createSubject(fileNames: readonly string[], isFolder: boolean): Promise<EngineSubject> {
  const dir = await TempDir.create();
  const scratch = await TempDir.create();
  await mkdir(dir.join('data'));
  for (const name of fileNames) await createSampleDatabase(dir.join('data', name), { sizeBytes: 300_000 });
  return {
    engine: new SqliteEngine(null),
    kind: Engine.SQLITE,
    url: `sqlite:${isFolder ? dir.join('data') : dir.join('data', fileNames[0] ?? '')}`,
    databases: fileNames,
    scratch,
    fingerprint: () => fingerprintOf(dir.path),
    rowsOf: (name) => rowsOf(dir.join('data', name)),
    restore: async (dump): Promise<unknown> => {
      const path = scratch.join(`${randomUUID()}.db`);
      await writeFile(path, dump);
      return rowsOf(path);
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await dir[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe('the SQLite engine on a file', () => {
  databaseEngineContract(() => createSubject(['shop.db'], false));
});

describe('the SQLite engine on a folder', () => {
  databaseEngineContract(() => createSubject(['B.db', 'a.sqlite', 'noending', 'ä ö.db'], true));

  const engine = new SqliteEngine(null);
  const { signal } = new AbortController();

  test('takes SQLite files alone for databases: by their header, or empty by their ending', async () => {
    await using dir = await TempDir.create();
    await createSampleDatabase(dir.join('real'));
    await mkdir(dir.join('folder.db'));
    await createSampleDatabase(dir.join('folder.db', 'below.db'));
    await writeFile(dir.join('notes.txt'), 'no database');
    await writeFile(dir.join('text.db'), 'no database either, though it is longer than a header');
    await writeFile(dir.join('empty.db'), '');
    await writeFile(dir.join('empty.log'), '');

    const { databases } = await engine.probe(`sqlite:${dir.path}`, signal);

    expect(databases.map(({ name }) => name)).toEqual(['empty.db', 'real']);
  });

  test('cannot be used when it holds no database', async () => {
    await using dir = await TempDir.create();
    await writeFile(dir.join('notes.txt'), 'no database');
    await expect(engine.probe(`sqlite:${dir.path}`, signal)).rejects.toMatchObject({
      name: 'EngineUnreachableError',
      message: 'the folder holds no SQLite database.',
    });
    expect(await engine.listDatabases(`sqlite:${dir.path}`, signal)).toEqual([]);
  });

  test('lists more files than are looked at side by side', async () => {
    await using dir = await TempDir.create();
    const names = Array.from({ length: 70 }, (_value, index) => `db-${String(index).padStart(2, '0')}.db`);
    for (const name of names) await writeFile(dir.join(name), '');
    const databases = await engine.listDatabases(`sqlite:${dir.path}`, signal);
    expect(databases.map(({ name }) => name)).toEqual(names);
  });

  test('dumps an empty file as a database without content', async () => {
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    await writeFile(dir.join('new.db'), '');
    const before = await fingerprintOf(dir.path);

    const dump = await takeDump({ engine, url: `sqlite:${dir.path}`, name: 'new.db', scratch });

    expect(dump.length).toBeGreaterThan(0);
    await writeFile(scratch.join('restored.db'), dump);
    await using restored = await SqliteFile.open(scratch.join('restored.db'));
    expect(await restored.all('SELECT * FROM sqlite_schema')).toEqual([]);
    expect(await fingerprintOf(dir.path)).toEqual(before);
  });
});

import { mkdir, readdir } from 'node:fs/promises';
import { describe } from 'vitest';
import type { TableRows } from '../../src/domain/backup.js';
import { SqliteEngine } from '../../src/engines/sqlite/sqlite-engine.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseRestorerContract } from './database-restorer.contract.js';
import type { RestorerSubject } from './restorer-subject.js';

const SHOP = `
  PRAGMA synchronous = off;
  CREATE TABLE "odd ""name" (a TEXT PRIMARY KEY, b) WITHOUT ROWID;
  INSERT INTO "odd ""name" VALUES ('x', 1), ('y', x'00ff'), ('ä', NULL);
  CREATE TABLE numbered (id INTEGER PRIMARY KEY AUTOINCREMENT, item INTEGER REFERENCES items (id));
  INSERT INTO numbered (item) SELECT id FROM items LIMIT 7;
  CREATE VIRTUAL TABLE texts USING fts5(body);
  INSERT INTO texts VALUES ('one two'), ('three');
  CREATE INDEX numbered_items ON numbered (item);
  CREATE VIEW totals AS SELECT count(*) AS n FROM items;
  CREATE TRIGGER guard BEFORE DELETE ON items BEGIN SELECT RAISE(ABORT, 'no'); END;
  ANALYZE;
`;

async function contentOf(path: string): Promise<unknown> {
  await using file = await SqliteFile.open(path);
  const schema = await file.all<{ type: string; name: string }>(
    'SELECT type, name, sql FROM sqlite_schema ORDER BY name',
  );
  const tables = schema.filter(({ type }) => type === 'table');
  const rows = tables.map(({ name }) => file.all<object>(`SELECT * FROM "${name.replaceAll('"', '""')}" ORDER BY 1`));
  return [
    schema,
    (await Promise.all(rows)).map((ofTable) => ofTable.map(withTexts)),
    await file.all('PRAGMA journal_mode'),
    await file.all('PRAGMA user_version'),
  ];
}

/** A matcher compares two buffers byte by byte, which takes longer than their restore. */
function withTexts(row: object): Record<string, unknown> {
  const texts = Object.entries(row).map(([name, value]) => [
    name,
    value instanceof Buffer ? { hex: value.toString('hex') } : value,
  ]);
  return Object.fromEntries(texts);
}

async function countRows(path: string): Promise<readonly TableRows[]> {
  await using file = await SqliteFile.open(path);
  const tables = await file.all<{ name: string }>(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') AND name NOT GLOB 'sqlite_*'",
  );
  const counted = tables.map(async ({ name }) => ({
    name,
    rows: (await file.all(`SELECT 1 FROM "${name.replaceAll('"', '""')}"`)).length,
  }));
  return (await Promise.all(counted)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function createSubject(journalMode: 'wal' | 'delete'): Promise<RestorerSubject> {
  const dir = await TempDir.create();
  const scratch = await TempDir.create();
  const pathOf = (name: string): string => dir.join('data', name);
  await mkdir(dir.join('data'));
  await createSampleDatabase(pathOf('shop.db'), { journalMode, sizeBytes: 300_000 });
  await createSampleDatabase(pathOf('other.db'), { journalMode, sizeBytes: 2000 });
  {
    await using shop = await SqliteFile.open(pathOf('shop.db'));
    await shop.exec(SHOP);
  }
  return {
    createEngine: () => new SqliteEngine(null),
    url: `sqlite:${dir.join('data')}`,
    databases: ['shop.db', 'other.db'],
    oddNames: ['noending', 'ä ö.db', '100%.db', 'it\'s "quoted";--.db', '?x=1#y&z', '-rf', `${'n'.repeat(244)}.db`],
    faultyNames: [
      '',
      'a/b.db',
      '../up.db',
      'a\0b',
      '.hidden.db',
      '..',
      'shop.db-wal',
      'x-shm',
      'x-journal',
      'n'.repeat(248),
      'ä'.repeat(124),
      `rds_restore_${'0'.repeat(24)}`,
      '\ud800.db',
    ],
    proofUrl: null,
    scratch,
    listEverything: async () => (await readdir(dir.join('data'))).sort(),
    contentOf: (name) => contentOf(pathOf(name)),
    countRows: (name) => countRows(pathOf(name)),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await dir[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe.each(['wal', 'delete'] as const)('restores of the SQLite engine, in %s mode', (journalMode) => {
  databaseRestorerContract(() => createSubject(journalMode));
});

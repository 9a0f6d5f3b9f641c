import { SqliteFile } from './sqlite.js';

const CONTENT = `
  PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA encoding = 'UTF-16le';
  PRAGMA user_version = 4711; PRAGMA application_id = 1234567;
  CREATE TABLE numbers (id INTEGER PRIMARY KEY AUTOINCREMENT, big INTEGER, real REAL, any_type, exact NUMERIC);
  INSERT INTO numbers VALUES (9223372036854770000, -9223372036854775808, 1.7976931348623157e308, NULL, '12.50');
  INSERT INTO numbers (big, real, any_type) VALUES (0, -0.0, 'text'), (1, 4.9e-324, x'00ff0a'), (NULL, 9e999, 1.5);
  CREATE TABLE texts (id INTEGER PRIMARY KEY, word TEXT COLLATE NOCASE, body BLOB);
  INSERT INTO texts VALUES (1, '日本 🐘 Grüße', zeroblob(0)), (2, '', x''), (3, 'line' || char(10) || 'two' || char(0) || 'nul', NULL),
    (4, 'NULL', randomblob(300000));
  WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
    INSERT INTO texts SELECT i, 'row ' || i, randomblob(200) FROM n;
  CREATE TABLE "odd ""name"", [it's] 🐘" (a TEXT, "select" INTEGER, PRIMARY KEY (a, "select")) WITHOUT ROWID;
  INSERT INTO "odd ""name"", [it's] 🐘" VALUES ('x', 1), ('y', 2);
  CREATE TABLE strict_one (id INTEGER PRIMARY KEY, a INT CHECK (a > 0), b TEXT AS (a || '!') STORED, c ANY) STRICT;
  INSERT INTO strict_one (a, c) VALUES (1, 'c'), (2, 2.5);
  CREATE TABLE child (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES texts (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED);
  INSERT INTO child SELECT id, id FROM texts LIMIT 50;
  CREATE TABLE "empty" (id);
  CREATE INDEX words ON texts (word DESC) WHERE length(word) > 3;
  CREATE INDEX shouted ON texts (upper(word));
  CREATE VIEW sums AS SELECT count(*) AS n FROM child;
  CREATE TRIGGER guard BEFORE DELETE ON strict_one BEGIN SELECT RAISE(ABORT, 'no'); END;
  CREATE VIRTUAL TABLE search USING fts5(body, tokenize = 'unicode61');
  INSERT INTO search SELECT word FROM texts;
  CREATE VIRTUAL TABLE places USING rtree(id, x0, x1);
  INSERT INTO places VALUES (1, 0.5, 1.5);
  ANALYZE;
`;

const KEPT_PRAGMAS = ['user_version', 'application_id', 'encoding', 'page_size', 'auto_vacuum', 'journal_mode'];

/** Makes a database with all that a dump of one must keep. */
export async function createFullSqlite(path: string, journalMode: 'wal' | 'delete'): Promise<void> {
  await using file = await SqliteFile.open(path);
  await file.exec(CONTENT);
  await file.exec(`PRAGMA journal_mode = ${journalMode}`);
}

/** Everything in a database that can be asked for: its definitions, every row of every table, and its settings. */
export async function stateOfSqlite(path: string): Promise<unknown> {
  await using file = await SqliteFile.open(path);
  const schema = await file.all<{ type: string; name: string }>(
    'SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name',
  );
  const state: Record<string, unknown> = { schema };
  for (const { name } of schema.filter(({ type }) => type === 'table' || type === 'view')) {
    const from = `"${name.replaceAll('"', '""')}"`;
    const columns = await file.all<{ name: string }>(
      `SELECT name FROM pragma_table_xinfo('${name.replaceAll("'", "''")}')`,
    );
    const quoted = columns.map((column) => `quote("${column.name.replaceAll('"', '""')}")`).join(" || ',' || ");
    state[name] = await file.all(`SELECT ${quoted} AS row FROM ${from} ORDER BY 1`);
  }
  for (const pragma of KEPT_PRAGMAS) state[`pragma ${pragma}`] = await file.all(`PRAGMA ${pragma}`);
  return state;
}

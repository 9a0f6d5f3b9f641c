import { stat } from 'node:fs/promises';
import { SqliteFile } from '../support/sqlite.js';

/** Bytes that one row takes, with its share of the index. */
const ROW_BYTES = 1023;
const DOCUMENT_BYTES = 1e6;

export interface SampleDatabase {
  readonly path: string;
  readonly sizeBytes: number;
}

/** Makes a database in WAL mode: an order book whose rows are half text, half bytes that no program can compress. */
export async function createOrders(path: string, sizeBytes: number): Promise<SampleDatabase> {
  const rows = Math.max(1, Math.round(sizeBytes / ROW_BYTES));
  {
    await using file = await SqliteFile.open(path);
    await file.exec(`
      PRAGMA journal_mode = wal;
      PRAGMA synchronous = off;
      CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER NOT NULL, revision INTEGER NOT NULL, note TEXT, document BLOB);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows.toString()})
      INSERT INTO orders
      SELECT i, abs(random()) % 50000, 0,
             substr(replace(printf('%.20c', ' '), ' ', printf('order %d, shipped to customer %d; ', i, i * 7)), 1, 470),
             randomblob(500)
      FROM n;
      CREATE INDEX orders_by_customer ON orders (customer, id);
      PRAGMA wal_checkpoint(TRUNCATE);
    `);
  }
  return { path, sizeBytes: (await stat(path)).size };
}

/** Makes a database of bytes that no program can compress: what is stored of it is as large. */
export async function createRandom(path: string, sizeBytes: number): Promise<SampleDatabase> {
  {
    await using file = await SqliteFile.open(path);
    await file.exec(`
      PRAGMA page_size = 65536;
      PRAGMA journal_mode = off;
      PRAGMA synchronous = off;
      CREATE TABLE documents (id INTEGER PRIMARY KEY, content BLOB);
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${Math.ceil(sizeBytes / DOCUMENT_BYTES).toString()})
      INSERT INTO documents SELECT i, randomblob(${DOCUMENT_BYTES.toString()}) FROM n;
    `);
  }
  return { path, sizeBytes: (await stat(path)).size };
}

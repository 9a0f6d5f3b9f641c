import sqlite3 from 'sqlite3';

/** A read-write connection of a test to a SQLite file. Disposing of it closes it. */
export class SqliteFile implements AsyncDisposable {
  readonly #database: sqlite3.Database;

  private constructor(database: sqlite3.Database) {
    this.#database = database;
  }

  static async open(path: string): Promise<SqliteFile> {
    return new Promise((resolve, reject) => {
      const database: sqlite3.Database = new sqlite3.Database(path, (error) => {
        if (error === null) resolve(new SqliteFile(database));
        else reject(error);
      });
    });
  }

  async exec(sql: string): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#database.exec(sql, (error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }

  async all<Row>(sql: string): Promise<Row[]> {
    return new Promise((resolve, reject) => {
      this.#database.all<Row>(sql, (error, rows) => {
        if (error === null) resolve(rows);
        else reject(error);
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#database.close((error) => {
        if (error === null) resolve();
        else reject(error);
      });
    });
  }
}

export interface SampleOptions {
  readonly journalMode?: 'wal' | 'delete';
  /** Bytes of content, roughly. */
  readonly sizeBytes?: number;
}

/** Makes a database with a table `items` of incompressible rows, and closes it. */
export async function createSampleDatabase(path: string, options: SampleOptions = {}): Promise<void> {
  const { journalMode = 'delete', sizeBytes = 100_000 } = options;
  const rows = Math.max(1, Math.ceil(sizeBytes / 1000));
  await using file = await SqliteFile.open(path);
  await file.exec(`
    PRAGMA synchronous = off;
    PRAGMA journal_mode = ${journalMode};
    CREATE TABLE items (id INTEGER PRIMARY KEY, content BLOB NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows.toString()})
    INSERT INTO items SELECT i, randomblob(950) FROM n;
  `);
}

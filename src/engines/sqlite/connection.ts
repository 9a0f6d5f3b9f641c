import sqlite3 from 'sqlite3';
import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import type { OpenFiles } from './open-files.js';

/** The online backup API, which the library's own types leave out. */
interface OnlineBackup {
  readonly completed: boolean;
  readonly failed: boolean;
  readonly pageCount: number;
  readonly remaining: number;
  step(pages: number, callback: (error: Error | null) => void): void;
  finish(callback: () => void): void;
}

declare module 'sqlite3' {
  interface Database {
    backup(path: string, callback: (error: Error | null) => void): OnlineBackup;
  }
}

/** How long to wait for a lock that another process holds on the database. */
const BUSY_TIMEOUT_MS = 5000;
/** How often statements are stopped that go on after an abort. */
const INTERRUPT_EVERY_MS = 20;
/** One step of an online backup: long enough to be fast, short enough to stop and to show progress. */
const STEP_BYTES = 16 * 1024 * 1024;

/** A connection of our own to one SQLite file. Statements run on the thread pool, one after the other. */
export class SqliteConnection implements AsyncDisposable {
  readonly #database: sqlite3.Database;

  readonly #held: AsyncDisposable | null;

  private constructor(database: sqlite3.Database, held: AsyncDisposable | null) {
    this.#database = database;
    this.#held = held;
  }

  /**
   * One that promises to SQLite that nobody writes to the file: it then takes no locks and makes no `-wal` or `-shm`
   * beside it.
   */
  static async openImmutable(path: string): Promise<SqliteConnection> {
    return new SqliteConnection(await connect(`${toUri(path)}?immutable=1`, sqlite3.OPEN_READONLY), null);
  }

  /** One that locks what it reads. A `-shm` that is there is used, and is not written to either. */
  static async openForReading(path: string, files: OpenFiles): Promise<SqliteConnection> {
    return files.hold(path, async (held) => {
      const database = await connect(`${toUri(path)}?readonly_shm=1`, sqlite3.OPEN_READONLY);
      database.configure('busyTimeout', BUSY_TIMEOUT_MS);
      return new SqliteConnection(database, held);
    });
  }

  /** One that can write to a file that is there, and does not wait for locks of others. */
  static async openForWriting(path: string, files: OpenFiles): Promise<SqliteConnection> {
    return files.hold(path, async (held) => {
      const database = await connect(toUri(path), sqlite3.OPEN_READWRITE);
      database.configure('busyTimeout', 0);
      return new SqliteConnection(database, held);
    });
  }

  async all<Row>(sql: string): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#database.all<Row>(sql, (error, rows) => {
        if (error === null) resolve(rows);
        else reject(error);
      });
    });
  }

  /**
   * Opens a read transaction and makes it take its snapshot now. From here on this connection sees one state of the
   * database, whatever others commit: without that, each of their commits would restart an online backup.
   */
  async pinSnapshot(): Promise<void> {
    await this.all('BEGIN');
    await this.all('SELECT count(*) FROM sqlite_schema');
  }

  /** Copies the whole database into a new file through the online backup API. */
  async copyTo(path: string, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void> {
    const [row] = await this.all<{ page_size: number }>('PRAGMA page_size');
    const pageBytes = row?.page_size ?? 4096;
    const backup = await new Promise<OnlineBackup>((resolve, reject) => {
      const begun: OnlineBackup = this.#database.backup(
        path,
        settle(() => {
          resolve(begun);
        }, reject),
      );
    });
    try {
      let pagesDone = 0;
      while (!backup.completed) {
        signal.throwIfAborted();
        await stepBackup(backup, Math.max(1, Math.floor(STEP_BYTES / pageBytes)));
        const pages = backup.pageCount - backup.remaining;
        onBytes((pages - pagesDone) * pageBytes);
        pagesDone = pages;
      }
    } finally {
      await new Promise<void>((resolve) => {
        backup.finish(() => {
          resolve();
        });
      });
    }
  }

  /** Stops the statement that runs, if any. */
  interrupt(): void {
    this.#database.interrupt();
  }

  /** Runs statements that are stopped when the signal is aborted; it throws its reason then. */
  async interruptible<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    let interrupting: NodeJS.Timeout | undefined;
    const abort = (): void => {
      // SQLite forgets an interruption that meets no running statement, as between two of them.
      interrupting = setInterval(() => {
        this.interrupt();
      }, INTERRUPT_EVERY_MS);
      this.interrupt();
    };
    signal.addEventListener('abort', abort, { once: true });
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
      clearInterval(interrupting);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#database.close(settle(resolve, reject));
    });
    await this.#held?.[Symbol.asyncDispose]();
  }
}

/** The URI form keeps every odd character of a file name literal. */
function toUri(path: string): string {
  return `file:${path.split('/').map(encodeURIComponent).join('/')}`;
}

async function connect(uri: string, mode: number): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const opened: sqlite3.Database = new sqlite3.Database(
      uri,
      mode | sqlite3.OPEN_URI,
      settle(() => {
        resolve(opened);
      }, reject),
    );
  });
}

async function stepBackup(backup: OnlineBackup, pages: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    backup.step(pages, settle(resolve, reject));
  });
  // A step that met a lock reports neither an error nor progress: the pinned snapshot makes that impossible.
  if (backup.failed) throw new BackupFailedError(BackupFailureCode.DUMP_FAILED, 'The online backup of SQLite failed.');
}

function settle(resolve: () => void, reject: (error: Error) => void): (error: Error | null) => void {
  return (error) => {
    // The library passes null on success, or nothing at all.
    if (error instanceof Error) reject(error);
    else resolve();
  };
}

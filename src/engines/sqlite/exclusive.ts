import { setTimeout as delay } from 'node:timers/promises';
import { SqliteConnection } from './connection.js';
import { codeOf, restoreFailed } from './errors.js';
import { COMPANIONS, exists } from './file.js';
import { findHolder } from './holders.js';
import type { OpenFiles } from './open-files.js';

/** How long those who have a database open may take to let go of it. */
const PATIENCE_MS = 2000;
const RETRY_EVERY_MS = 50;
/** How SQLite says that a file is no database that it can read. */
const UNREADABLE_CODES = new Set(['SQLITE_NOTADB', 'SQLITE_CORRUPT']);

interface Wanted {
  readonly path: string;
  /** As failures call it. */
  readonly database: string;
  readonly signal: AbortSignal;
  readonly files: OpenFiles;
}

/**
 * A database file that nobody else has open, under SQLite's own lock. All that was committed is in the file itself, so
 * that its companions can go.
 */
export class ExclusiveFile implements AsyncDisposable {
  /** Whether SQLite can read it. Otherwise it is not locked, and its companions may hold what it lacks. */
  readonly isReadable: boolean;
  readonly #connection: SqliteConnection | null;

  private constructor(connection: SqliteConnection | null) {
    this.#connection = connection;
    this.isReadable = connection !== null;
  }

  /** @throws RestoreFailedError when somebody keeps it open */
  static async take(wanted: Wanted): Promise<ExclusiveFile> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (;;) {
      wanted.signal.throwIfAborted();
      const result = await tryToTake(wanted);
      if (typeof result !== 'string') return new ExclusiveFile(result);
      if (performance.now() >= giveUpAt) throw isHeld(wanted.database, result);
      await delay(RETRY_EVERY_MS, undefined, { signal: wanted.signal });
    }
  }

  /** Once the file is no longer at its path, SQLite removes nothing there. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]();
  }
}

/** @returns who holds the file, the connection that has it locked, or null when SQLite cannot read it */
async function tryToTake({ path, files }: Wanted): Promise<SqliteConnection | string | null> {
  const parts = [path, ...COMPANIONS.map((ending) => `${path}${ending}`)];
  const holder = await findHolder(parts, { countsSelf: true });
  if (holder !== null) return holder;
  try {
    if (await exists(`${path}-journal`)) await rollBack(path, files);
    const connection = await lock(path, files);
    // Who came between the look and the lock, and waits for it now.
    const newcomer = await findHolder(parts, { countsSelf: false });
    if (newcomer === null) return connection;
    await connection[Symbol.asyncDispose]();
    return newcomer;
  } catch (error) {
    if (UNREADABLE_CODES.has(codeOf(error) ?? '')) return findHolder(parts, { countsSelf: false });
    if (codeOf(error) === 'SQLITE_BUSY') return 'another process';
    throw error;
  }
}

/** By a connection of its own: one that has had a journal would remove that of the new database when it is closed. */
async function rollBack(path: string, files: OpenFiles): Promise<void> {
  await using connection = await SqliteConnection.openForWriting(path, files);
  await connection.all('BEGIN EXCLUSIVE');
  await connection.all('COMMIT');
}

/** Locked until it is closed: in this mode SQLite lets go of no lock that it had, in WAL mode either. */
async function lock(path: string, files: OpenFiles): Promise<SqliteConnection> {
  const connection = await SqliteConnection.openForWriting(path, files);
  try {
    await connection.all('PRAGMA locking_mode = EXCLUSIVE');
    await connection.all('BEGIN EXCLUSIVE');
    await connection.all('COMMIT');
    const [state] = await connection.all<{ busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)');
    if (state?.busy !== 0) throw Object.assign(new Error('the log is in use'), { code: 'SQLITE_BUSY' });
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

function isHeld(database: string, holder: string): Error {
  const reason = `its file is in use by ${holder}. Stop the application first: one that has the old file open, even idle, would go on with it.`;
  return restoreFailed(database, reason);
}

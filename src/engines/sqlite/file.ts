import { lstat, open, stat } from 'node:fs/promises';
import { codeOf } from './errors.js';
import type { OpenFiles } from './open-files.js';

/** The first bytes of every SQLite database that was ever written to (SQLite file format, 1.3). */
export const HEADER_MAGIC = 'SQLite format 3\0';
/** What is looked at of a header: to the end of its byte 19. */
const LOOK_BYTES = 20;

/** What SQLite keeps beside a database, at the end of its name. */
export const COMPANIONS = ['-wal', '-shm', '-journal'] as const;

export function isCompanion(path: string): boolean {
  return COMPANIONS.some((ending) => path.endsWith(ending));
}

interface SqliteHeader {
  readonly isDatabase: boolean;
  /** Whether the database is in write-ahead-log mode (bytes 18 and 19 of the header). */
  readonly isWal: boolean;
}

export async function readHeader(path: string, files: OpenFiles): Promise<SqliteHeader> {
  const head = await files.readHead(path, LOOK_BYTES);
  const isDatabase = head.length === LOOK_BYTES && head.toString('latin1', 0, 16) === HEADER_MAGIC;
  return { isDatabase, isWal: isDatabase && (head[18] === 2 || head[19] === 2) };
}

/**
 * Whether a database is at rest and must be read as immutable. In WAL mode even a reader makes `-wal` and `-shm` files,
 * as its own user, and leaves them: the application could then be locked out of its own database. Where no `-wal` shows
 * that it is in use, it can be read without them; only its stamp tells afterwards whether it really stayed at rest.
 */
export async function isAtRest(path: string, files: OpenFiles): Promise<boolean> {
  return (await readHeader(path, files)).isWal && !(await exists(`${path}-wal`));
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** Whether it is there, where it matters that a file out of reach is not taken for one that is not there. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Makes what was made, renamed and removed in a folder outlast a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { BackupFailureCode } from '../../domain/backup.js';
import { messageOf } from '../../domain/errors.js';
import { BackupFailedError } from '../../domain/failure.js';
import { EngineUnreachableError } from '../database-engine.js';

/** Primary result code, or Node's own code for what the file system refused. */
function codeOf(error: unknown): string | undefined {
  return error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
}

/** Why a database cannot be opened or read, in words that an operator can act on. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder. It may have been moved or deleted.',
  ENOTDIR: 'a part of the path is not a folder.',
  EACCES: 'this server may not read it. Give its user read permission.',
  EPERM: 'this server may not read it. Give its user read permission.',
  ELOOP: 'its symbolic links go in a circle.',
  ENAMETOOLONG: 'the path is longer than the file system allows.',
  SQLITE_NOTADB: 'the file is not a SQLite database, or it is encrypted.',
  SQLITE_BUSY: 'another process holds it locked exclusively. Try again once that has let go.',
  SQLITE_LOCKED: 'another process holds it locked exclusively. Try again once that has let go.',
  SQLITE_CORRUPT: 'the database is damaged: SQLite finds its pages malformed.',
  SQLITE_PERM: 'this server may not read it. Give its user read permission.',
  SQLITE_CANTOPEN:
    'SQLite cannot open it. A database with a -wal file needs its -shm file beside it, readable: if that is missing, open the database once with its own application.',
  SQLITE_READONLY:
    'its last writer died in the middle of a transaction that SQLite must roll back first, and this server only reads. Open it once with its own application.',
};

/** @returns the error to throw when the instance could not be looked at */
export function toUnreachable(error: unknown): unknown {
  const reason = REASONS[codeOf(error) ?? ''];
  if (reason !== undefined) return new EngineUnreachableError(reason, { cause: error });
  if (codeOf(error)?.startsWith('SQLITE_') !== true) return error;
  return new EngineUnreachableError(`SQLite says: ${messageOf(error)}.`, { cause: error });
}

/** Codes after which the source is out of reach, rather than the copying at fault. */
const UNREACHABLE_CODES = new Set([
  'ENOENT',
  'ENOTDIR',
  'EACCES',
  'EPERM',
  'SQLITE_BUSY',
  'SQLITE_CANTOPEN',
  'SQLITE_PERM',
]);

/** @returns the error to throw when a database that was to be dumped could not be */
export function toDumpFailure(error: unknown, database: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof BackupFailedError) return error;
  if (code === 'SQLITE_FULL' || code === 'ENOSPC' || code === 'EDQUOT') return scratchFull(database, error);
  const reason = REASONS[code] ?? `SQLite says: ${messageOf(error)}.`;
  const failure = UNREACHABLE_CODES.has(code) ? BackupFailureCode.ENGINE_UNREACHABLE : BackupFailureCode.DUMP_FAILED;
  return new BackupFailedError(failure, `Database ${database} cannot be copied: ${reason}`, { cause: error });
}

export function scratchFull(database: string, cause?: unknown): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.STORAGE_FULL,
    `There is no room for the temporary copy of ${database}: it takes as much as the database, in DATA_DIR. Free some space there, or move DATA_DIR.`,
    { cause },
  );
}

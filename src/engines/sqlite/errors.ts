import { BackupFailureCode } from '../../domain/backup.js';
import { DomainError, messageOf } from '../../domain/errors.js';
import { BackupFailedError, RestoreFailedError } from '../../domain/failure.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { EngineUnreachableError } from '../database-engine.js';

/** Primary result code, or Node's own code for what the file system refused. */
export function codeOf(error: unknown): string | undefined {
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

/** Codes of a disk without room. */
const FULL_CODES = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT']);

/** @returns the error to throw when a database that was to be dumped could not be */
export function toDumpFailure(error: unknown, database: string): unknown {
  const code = codeOf(error);
  if (code === undefined || error instanceof BackupFailedError) return error;
  if (FULL_CODES.has(code)) return scratchFull(database, error);
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

/** What of the above is said in other words where files are written. */
const RESTORE_REASONS: Readonly<Record<string, string>> = {
  EACCES: "this server may not write there. Give its user write permission for the database's folder.",
  EPERM: "this server may not write there. Give its user write permission for the database's folder.",
  EROFS: 'the file system is mounted read-only.',
  SQLITE_NOTADB: 'the backup holds no SQLite database.',
  SQLITE_CORRUPT: 'the backup is damaged: SQLite finds its pages malformed.',
  SQLITE_READONLY: 'this server may not write to the database that is to be replaced. Give its user write permission.',
  SQLITE_CANTOPEN:
    'SQLite cannot open the database that is to be replaced. Give the user of this server write permission for it and its folder.',
};

/** @returns the error to throw when a database could not be restored */
export function toRestoreFailure(error: unknown, database: string): unknown {
  const code = codeOf(error);
  const isKnown = error instanceof RestoreFailedError || error instanceof DomainError;
  if (code === undefined || isKnown) return error;
  if (FULL_CODES.has(code)) return noRoom(database, error);
  const failure = isGone(error) ? RestoreFailureCode.ENGINE_UNREACHABLE : RestoreFailureCode.RESTORE_FAILED;
  return restoreFailed(database, reasonOf(error, code), { code: failure, cause: error });
}

/** @returns the error to throw when nobody knows which database has the name */
export function toUnknown(error: unknown): unknown {
  const code = codeOf(error);
  const isKnown = error instanceof RestoreFailedError || error instanceof DomainError;
  if (code === undefined || isKnown) return error;
  return new EngineUnreachableError(reasonOf(error, code), { cause: error });
}

/** Codes of a file or folder that is out of reach, and with it what a restore has put there. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? '');
}

/** @param reason a sentence that begins in lower case */
export function restoreFailed(
  database: string,
  reason: string,
  {
    code = RestoreFailureCode.RESTORE_FAILED,
    cause,
  }: { readonly code?: RestoreFailureCode; readonly cause?: unknown } = {},
): RestoreFailedError {
  return new RestoreFailedError(code, `Database ${database} cannot be restored: ${reason}`, { cause });
}

export function noRoom(database: string, cause?: unknown): RestoreFailedError {
  const reason =
    'there is no room for it on the disk. It is loaded beside the database that it replaces, so both take room for a while.';
  return restoreFailed(database, reason, { code: RestoreFailureCode.STORAGE_FULL, cause });
}

function reasonOf(error: unknown, code: string): string {
  return (
    RESTORE_REASONS[code] ??
    REASONS[code] ??
    `${code.startsWith('SQLITE_') ? 'SQLite' : 'the system'} says: ${messageOf(error)}.`
  );
}

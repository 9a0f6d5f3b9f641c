import { BackupFailureCode } from '../../domain/backup.js';
import { DomainError } from '../../domain/errors.js';
import { BackupFailedError, RestoreFailedError } from '../../domain/failure.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { EngineUnreachableError } from '../database-engine.js';
import { withFullStop } from '../server-errors.js';
import { faultsOf, toWords } from './errors.js';
import type { ServerFault } from './errors.js';
import { ExchangeError } from './exchange.js';

/** "Operating system error 112(There is not enough space on the disk.)", "failed: 112(…)", "file "…:" 112(…)"; of Linux, 28. */
const DISK_FULL = /(?:operating system error|failed:|:") (?:112|28)\b/i;
const ACCESS_DENIED = /(?:operating system error|failed:|:") (?:5|13)\b/i;
const NOT_FOUND = /(?:operating system error|failed:|:") (?:2|3|53|67)\b/i;

const ENDED_EARLY = /(?:operating system error|failed:|:") 38\b/i;

/** Of errors that say who may not come in: nothing is known of the database itself. */
const REFUSED = new Set([18456, 18452, 18486, 18487, 18488, 4060, 4064, 17809, 18401, 6005]);

/** No room for the files of a database. */
const TOO_LITTLE_ROOM = new Set([1101, 1105, 3257, 5149]);
/** That the connection or the server is at its end: whatever else is said, nobody knows what was done. */
const ENDING = new Set([596, 6004, 6005]);
const FATAL_SEVERITY = 20;
/** What keeps a server from restoring, and says nothing of what is restored. */
const OF_THE_SERVER = new Set([1205, 1222, 1827, 2571, 5133, 7983, 9002, 33111]);

/** By error number (sys.messages): the reason, in words that an operator can act on. */
const REASONS: Readonly<Record<number, (message: string) => string>> = {
  911: () => 'it is no longer there. It was dropped or renamed.',
  922: () => 'it is recovering. Try again in a moment.',
  924: () => 'somebody has it open in single-user mode. Try again once that is over.',
  926: () => 'it is suspect: its files may be damaged.',
  927: () => 'it is being restored.',
  942: () => 'it is offline. Bring it online there (ALTER DATABASE … SET ONLINE).',
  945: () => 'its files cannot be reached, or there is too little memory or room on the disk.',
  1205: () => 'the server has ended it in favour of another statement (a deadlock). Try again.',
  1222: () => 'somebody holds a lock on it. Try again.',
  1105: () => 'there is no more room for its files. Make room there.',
  1827: () => 'it is larger than the edition of the server takes.',
  1834: () => 'a file of that name is in use there.',
  1844: () => 'the edition of the server does not compress backups. Check the health of the instance, then try again.',
  3023: () => 'another backup, or a change of its files, is under way there. Try again once that is over.',
  3041: () => "the server has given it up. The server's error log says why.",
  3043: () => 'a page of it is damaged: its checksum is wrong. Run DBCC CHECKDB there, and mend it first.',
  3059: () => 'this server has a mirror or a secondary replica of it. Back up the primary.',
  3101: () => 'others use it, and could not be made to let go. End their sessions, then try again.',
  3154: () => 'the file holds another database than it is to replace.',
  3169: () => 'the backup was taken of a later version of SQL Server. Restore it to that one, or a later one.',
  3183: () => 'a page in the backup is damaged. Verify the backup.',
  3189: () => 'the backup is damaged. Verify it.',
  3201: deviceReason,
  3202: deviceReason,
  3203: deviceReason,
  3241: () => 'what was read is no backup of SQL Server. Verify the backup.',
  3242: () => 'what was read is no backup of SQL Server. Verify the backup.',
  3254: () => 'the file is empty. Verify the backup.',
  3256: () => 'the file was not written to its end. Verify the backup.',
  3257: () => 'the disk of the server is full. Make room there.',
  3271: deviceReason,
  3702: () => 'others use it. End their sessions, then try again.',
  5030: () => 'others use it, and could not be made to let go. End their sessions, then try again.',
  5061: () => 'others use it, and could not be made to let go. End their sessions, then try again.',
  5064: () => 'somebody has it open in single-user mode. End that session, then try again.',
  5133: () => 'the folder for its files is not there. Check the default folders for data and logs of the server.',
  9002: () => 'its transaction log is full. Back the log up or give it room, then try again.',
  9004: () => 'its transaction log is damaged. Run DBCC CHECKDB there.',
  18210: deviceReason,
  33111: () =>
    'it is encrypted, and the server does not have the certificate. Restore that first: CREATE CERTIFICATE … FROM FILE …',
};

/** Rights that are missing, by the number of the error. */
const MISSING_RIGHTS = new Set([229, 230, 262, 297, 300, 916, 3110, 15247, 15151, 5011]);

function deviceReason(message: string): string {
  if (message.includes('s3://')) {
    return 'the SQL Server cannot use the bucket. Check that it reaches the endpoint over HTTPS and trusts its certificate, and that the access key may list, read and write there.';
  }
  if (DISK_FULL.test(message)) return 'the disk of the exchange folder is full. Make room there.';
  if (ACCESS_DENIED.test(message)) {
    return "the SQL Server's account may not use the exchange folder. Give it the right to read and write there (in a container it is mssql, UID 10001).";
  }
  if (NOT_FOUND.test(message)) {
    return 'the SQL Server does not find the exchange folder. Check that backupDir in the URL is its path as that server sees it.';
  }
  if (ENDED_EARLY.test(message)) return 'what the SQL Server reads ends too early. Verify the backup.';
  return 'the SQL Server cannot read or write the file that is named below.';
}

/** Why the server has failed to do something with a database, and all that it says of it. */
export function explain(faults: readonly ServerFault[]): string {
  const [first] = faults;
  if (first === undefined) return '';
  const known = faults.map(({ number, message }) => reasonOf(number, message)).find((reason) => reason !== null);
  return [...(known === undefined ? [] : [known]), toWords(faults)].join(' ');
}

function reasonOf(number: number, message: string): string | null {
  if (MISSING_RIGHTS.has(number)) {
    return 'its login lacks a right. Let the server\'s administrator grant it (README, "What each engine needs").';
  }
  return REASONS[number]?.(message) ?? null;
}

/** @returns what to throw for what a dump has met: what the signal, or nobody of ours, has thrown stays as it is */
export function toDumpFailure(error: unknown, database: string): unknown {
  const fail = (code: BackupFailureCode, reason: string): BackupFailedError =>
    new BackupFailedError(code, withFullStop(`Database ${database} cannot be dumped: ${reason}`), { cause: error });
  if (error instanceof ExchangeError) {
    return fail(error.isFull ? BackupFailureCode.STORAGE_FULL : BackupFailureCode.DUMP_FAILED, error.message);
  }
  if (error instanceof DomainError) return fail(BackupFailureCode.DUMP_FAILED, error.message);
  if (!(error instanceof EngineUnreachableError)) return error;
  const faults = faultsOf(error);
  if (isUnreachable(faults)) return fail(BackupFailureCode.ENGINE_UNREACHABLE, error.message);
  const isFull = faults.some(isFullDisk);
  return fail(isFull ? BackupFailureCode.STORAGE_FULL : BackupFailureCode.DUMP_FAILED, explain(faults));
}

/**
 * @returns what to throw for what a restore has met: a server that cannot be asked, and what the content or the signal throws,
 * stay as they are
 */
export function toRestoreFailure(error: unknown, database: string): unknown {
  if (error instanceof ExchangeError) {
    const code = error.isFull ? RestoreFailureCode.STORAGE_FULL : RestoreFailureCode.RESTORE_FAILED;
    return new RestoreFailedError(code, toSentence(database, error.message), { cause: error });
  }
  if (error instanceof DomainError) return restoreFailed(database, error.message, error);
  if (!(error instanceof EngineUnreachableError)) return error;
  const faults = faultsOf(error);
  if (isUnreachable(faults)) return error;
  const isFull = faults.some(isFullDisk);
  const code = isFull ? RestoreFailureCode.STORAGE_FULL : RestoreFailureCode.RESTORE_FAILED;
  return new RestoreFailedError(code, toSentence(database, explain(faults)), { cause: error });
}

/** @param reason the rest of the sentence */
export function restoreFailed(database: string, reason: string, cause?: Error): RestoreFailedError {
  return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, toSentence(database, reason), { cause });
}

export function targetExists(database: string): RestoreFailedError {
  const reason = 'the server has a database of that name. Restore it under another name, or let it be replaced.';
  return new RestoreFailedError(RestoreFailureCode.TARGET_EXISTS, toSentence(database, reason));
}

/** @param reason the rest of the sentence */
export function dumpFailed(database: string, reason: string): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    withFullStop(`Database ${database} cannot be dumped: ${reason}`),
  );
}

/** As an instance that is asked about itself says it. */
export function toExchangeFault(error: unknown): unknown {
  if (error instanceof ExchangeError) return new EngineUnreachableError(withFullStop(error.message), { cause: error });
  const faults = faultsOf(error);
  if (!(error instanceof EngineUnreachableError) || isUnreachable(faults)) return error;
  return new EngineUnreachableError(`a small backup of model has failed: ${explain(faults)}`, { cause: error });
}

/**
 * @param error as `toRestoreFailure` gives it
 * @returns what to throw for a proof: the server's own troubles say nothing of the dump
 */
export function toProofFailure(error: unknown): unknown {
  if (!(error instanceof RestoreFailedError)) return error;
  const { cause, message } = error;
  const isOfServer =
    cause instanceof ExchangeError ||
    faultsOf(cause).some(
      (fault) =>
        OF_THE_SERVER.has(fault.number) ||
        MISSING_RIGHTS.has(fault.number) ||
        isFullDisk(fault) ||
        ACCESS_DENIED.test(fault.message) ||
        NOT_FOUND.test(fault.message),
    );
  return isOfServer ? new EngineUnreachableError(message, { cause: error }) : error;
}

function isFullDisk({ number, message }: ServerFault): boolean {
  return TOO_LITTLE_ROOM.has(number) || DISK_FULL.test(message);
}

function isUnreachable(faults: readonly ServerFault[]): boolean {
  return (
    faults.some(({ number, severity }) => severity >= FATAL_SEVERITY || ENDING.has(number)) ||
    faults.every(({ number }) => REFUSED.has(number))
  );
}

function toSentence(database: string, reason: string): string {
  return withFullStop(`Database ${database} cannot be restored: ${reason}`);
}

import { DomainError, messageOf } from '../../domain/errors.js';
import { RestoreFailedError } from '../../domain/failure.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { withFullStop } from '../server-errors.js';
import { describeEnd } from '../tool-process.js';
import type { ToolEnd } from '../tool-process.js';
import { serverErrorOf, toUnreachable } from './errors.js';

/** Numbers with which a program, or the server, tells that the connection is lost or is not to be had. */
const LOST = new Set([
  ...[1040, 1045, 1053, 1129, 1130, 1152, 1159, 1161, 1184, 1203, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2026, 2055],
  ...[1226, 3159],
]);
/** The statement is larger than the server takes; it may just cut the connection instead. */
const TOO_LARGE = 1153;
const CUT_FOR_SIZE = new Set([TOO_LARGE, 2006, 2013, 2020]);

const ROOM =
  "The server's disk, or one of its tablespaces, is full: make room for a second copy of the data, then try again.";
const DEFINER =
  'Objects of the dump run as other users than the restoring one. As an administrator of the server GRANT SET USER ON *.* (MariaDB) or SET_ANY_DEFINER and ALLOW_NONEXISTENT_DEFINER (MySQL 8.2 and newer), SET_USER_ID (MySQL 8.0) or SUPER (before) to the user.';

/** By the server's number: what to do. */
const ADVICE: Readonly<Record<number, string>> = {
  1005: 'See its log, and SHOW ENGINE INNODB STATUS.',
  1021: ROOM,
  1030: 'See its log; its disk may be full.',
  1041: 'The server is out of memory.',
  1044: 'As an administrator of the server GRANT the user ALL on that database.',
  1114: ROOM,
  1118: 'The table was made by a server that allows longer rows: compare innodb_strict_mode, innodb_page_size and the character sets.',
  1142: 'As an administrator of the server GRANT the user that right.',
  1205: 'Another session uses the database. Let it end its transaction, then try again.',
  1227: DEFINER,
  1286: 'The server lacks a storage engine that the dump uses. Install it, then try again.',
  1370: 'As an administrator of the server GRANT the user that right on the routine.',
  1418: 'Binary logging keeps the server from taking functions. Set log_bin_trust_function_creators = ON.',
  1419: 'Binary logging keeps the server from taking triggers and functions. Set log_bin_trust_function_creators = ON, or GRANT SUPER to the user.',
  1290: 'The server is read only, or runs with an option that forbids it.',
  1435: 'A table of the database still has a trigger: the user may lack the right TRIGGER on it.',
  1524: 'The server lacks a plugin that the dump uses.',
  1836: 'The server is read only.',
  3750: 'The dump has a table without a primary key: SET GLOBAL sql_require_primary_key = OFF while it is restored.',
};

/** What is known of a dump that a program has failed to load. */
interface LoadSize {
  /** Of the largest statement that it was given. */
  readonly largestBytes: number;
  /** What the server takes. */
  readonly maxAllowedPacket: number;
}

export function restoreFailed(database: string, reason: string, cause?: unknown): RestoreFailedError {
  const message = `Database ${database} cannot be restored: ${reason}`;
  return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, message, { cause });
}

/** @returns what to throw for a client program that has failed to load a dump */
export function toLoadFailure(database: string, end: ToolEnd, size: LoadSize): RestoreFailedError {
  const numbers = [...end.lastWords.matchAll(/ERROR (\d{4})\b/g)].map(([, number]) => Number(number));
  if (size.largestBytes >= size.maxAllowedPacket && numbers.some((number) => CUT_FOR_SIZE.has(number))) {
    return restoreFailed(database, packetAdvice(size));
  }
  const sentence = withFullStop(describeEnd(end));
  if (numbers.some((number) => LOST.has(number))) {
    return new RestoreFailedError(
      RestoreFailureCode.ENGINE_UNREACHABLE,
      `Database ${database} cannot be restored: ${sentence} The connection to the server was lost; see its log, and try again.`,
    );
  }
  const advice = numbers.map((number) => ADVICE[number]).find((known) => known !== undefined);
  return restoreFailed(database, advice === undefined ? sentence : `${sentence} ${advice}`);
}

function packetAdvice({ largestBytes, maxAllowedPacket }: LoadSize): string {
  const neededMebibytes = Math.ceil((largestBytes + 1024) / 1024 / 1024) + 1;
  return `a row of the dump takes a statement of ${largestBytes.toString()} bytes, and the server takes ${maxAllowedPacket.toString()}. As an administrator of the server run SET GLOBAL max_allowed_packet = ${(neededMebibytes * 1024 * 1024).toString()}; and keep it in its configuration, then try again.`;
}

/** Whether an error leaves no connection that could be asked on: also one that is not the server's own. */
export function isLost(error: unknown): boolean {
  const number = serverErrorOf(error);
  return number === null || LOST.has(number);
}

/** @returns the error to throw when the server could not do what a restore takes, and the target is as it was */
export function toRestoreFailure(error: unknown, database: string): unknown {
  if (error instanceof RestoreFailedError) return error;
  if (!isLost(error)) {
    const advice = ADVICE[serverErrorOf(error) ?? 0] ?? "See the server's log.";
    return restoreFailed(database, `the server says: ${withFullStop(messageOf(error))} ${advice}`, error);
  }
  return error instanceof DomainError ? restoreFailed(database, messageOf(error), error) : toUnreachable(error);
}

/** Work on a server while the target is as it was: what the server refuses is a failure of the restore. */
export async function asRestore<T>(
  { database, signal }: { readonly database: string; readonly signal: AbortSignal },
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? error : toRestoreFailure(error, database);
  }
}

/** Work on a server whose target may be in the middle of its change: what the server refuses says nothing of it. */
export async function asUnknown<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw signal.aborted || error instanceof RestoreFailedError ? error : toUnreachable(error);
  }
}

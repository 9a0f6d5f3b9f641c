import { DomainError } from '../../domain/errors.js';
import { RestoreFailedError } from '../../domain/failure.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { withFullStop } from '../server-errors.js';
import { describeEnd } from '../tool-process.js';
import type { ToolEnd } from '../tool-process.js';
import { EngineUnreachableError } from '../database-engine.js';
import { serverStateOf } from './errors.js';
import { KILLED, LOST, LOST_CONNECTION } from './failure.js';
import { quoteIdentifier } from './quote.js';

/** What was being restored when a statement or a tool failed. */
export interface RestoreSubject {
  readonly database: string;
  readonly user: string;
}

/** All that pg_restore says but the statements that it ran, and rows: those are the site's own, and may hold passwords. */
export const SHOWN_LINES = /^pg_restore: /;

const ADMIN = "Let the server's administrator";

/** What shows in the words of a tool or of the server, and the reason for the operator. The first that fits counts. */
const RESTORE_REASONS: readonly (readonly [RegExp, (subject: RestoreSubject, found: string) => string])[] = [
  [
    /role "(.+?)" does not exist/,
    (_subject, role): string =>
      `it needs the role ${quoteIdentifier(role)}, which the server does not have. Create it first: the globals of the backup hold it (README, "Restore by hand").`,
  ],
  [
    /(?:extension "(.+?)" is not available|could not open extension control file)/,
    (_subject, extension): string =>
      `it needs the extension ${extension === '' ? 'that is named below' : extension}, which the server's machine does not have. Install its package there.`,
  ],
  [
    /permission denied to create extension "(.+?)"/,
    (_subject, extension): string =>
      `its user may not create the extension ${extension}. Register the instance with a superuser in its URL, or let the administrator trust the extension.`,
  ],
  [
    /permission denied to (?:create|rename) database/,
    ({ user }): string =>
      `its user may not create databases. ${ADMIN} run: ALTER ROLE ${quoteIdentifier(user)} CREATEDB;`,
  ],
  [
    /must be (?:a )?member of role "(.+?)"|must be able to SET ROLE "(.+?)"|permission denied to set role "(.+?)"/,
    ({ user }, role): string =>
      `its user may not act as the role ${quoteIdentifier(role)}, which owns a part of it. ${ADMIN} run: GRANT ${quoteIdentifier(role)} TO ${quoteIdentifier(user)};`,
  ],
  [
    /(must be superuser.*|must be owner of .+|permission denied .+|must have .+)/,
    (_subject, right): string =>
      `its user lacks a right (${right.trim()}). Register the instance with a superuser in its URL, or let the administrator grant the right.`,
  ],
  [
    /No space left on device|could not extend file|[Dd]isk full/,
    (): string => 'the disk of the server is full. Make room there; what was loaded of it is removed.',
  ],
  [
    /unsupported version \(([\d.]+)\) in file header/,
    (): string =>
      "the dump was taken with a newer pg_dump than this machine's pg_restore. Install PostgreSQL's client programs of that version here.",
  ],
  [
    /invalid (?:locale|LC_\w+)|locale name|could not (?:open collator|create locale)|ICU|locale ".*" (?:does not exist|is not)|collation ".+" for encoding ".+" does not exist|encoding ".+" does not match locale/,
    (): string =>
      "the server's machine does not have the locale that it uses. Install that there (on Debian: locales-all).",
  ],
  [
    /tablespace "(.+?)" does not exist/,
    (_subject, name): string =>
      `it uses the tablespace ${quoteIdentifier(name)}, which the server does not have. Create that first: CREATE TABLESPACE.`,
  ],
  [
    /unrecognized configuration parameter "(.+?)"/,
    (_subject, name): string =>
      `the server does not know the setting ${name}. It may belong to an extension that is to be loaded there, or to another version.`,
  ],
  [
    /input file (?:is too short|does not appear to be)|did not find magic string|unexpected end of file|unexpected data offset|could not read from input file|corrupt/,
    (): string => 'what was read is no whole archive of pg_dump. Verify the backup.',
  ],
  [
    /could not create unique index|violates .* constraint|is not present in table/,
    (): string =>
      'its rows break a rule of its own tables, which the source had not noticed. Load it by hand, and mend the rows.',
  ],
  [/max_locks_per_transaction/, (): string => 'the server has too few locks. Raise its max_locks_per_transaction.'],
  [
    /too many connections|remaining connection slots|too many clients/,
    (): string => 'too many connections are open there. Raise max_connections or close some, then try again.',
  ],
];

/** @returns what to throw for the end of a tool that has failed */
export function toToolFailure(end: ToolEnd, subject: RestoreSubject): RestoreFailedError {
  const { database } = subject;
  const known = findReason(end.lastWords, subject);
  const said = describeEnd(end);
  if (known !== null) return restoreFailed(database, `${known} ${said}`);
  if (LOST_CONNECTION.test(end.lastWords))
    return new RestoreFailedError(RestoreFailureCode.ENGINE_UNREACHABLE, toSentence(database, `${LOST} ${said}`));
  if (end.what.includes('SIGKILL')) return restoreFailed(database, `${KILLED} ${said}`);
  return restoreFailed(database, said);
}

/**
 * @param error of a statement of our own, or of what was restored
 * @returns what to throw: a server that cannot be asked, and what the content throws, stay as they are
 */
export function toRestoreFailure(error: unknown, subject: RestoreSubject): unknown {
  const { database } = subject;
  if (error instanceof DomainError) return restoreFailed(database, error.message, error);
  if (!(error instanceof EngineUnreachableError)) return error;
  const state = serverStateOf(error);
  // Of a connection, or of a server that goes away.
  if (state === null || /^(08|28|57P)/.test(state)) return error;
  const known = findReason(error.message, subject);
  return restoreFailed(database, known === null ? error.message : `${known} ${capitalized(error.message)}`, error);
}

/** @param reason the rest of the sentence */
export function restoreFailed(database: string, reason: string, cause?: Error): RestoreFailedError {
  return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, toSentence(database, reason), { cause });
}

export function targetExists(database: string, cause?: Error): RestoreFailedError {
  const reason = 'the server has a database of that name. Restore it under another name, or let it be replaced.';
  return new RestoreFailedError(RestoreFailureCode.TARGET_EXISTS, toSentence(database, reason), { cause });
}

export function nothingToProveOn(): RestoreFailedError {
  const sentence = 'The dump cannot be proved: there is no PostgreSQL server to load it into.';
  return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, sentence);
}

function toSentence(database: string, reason: string): string {
  return withFullStop(`Database ${database} cannot be restored: ${reason}`);
}

function findReason(text: string, subject: RestoreSubject): string | null {
  for (const [pattern, toReason] of RESTORE_REASONS) {
    const found = pattern.exec(text);
    if (found !== null) return toReason(subject, found.slice(1).find(Boolean) ?? '');
  }
  return null;
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

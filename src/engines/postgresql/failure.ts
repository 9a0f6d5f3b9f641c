import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { compareVersions } from '../client-tools.js';
import { toolFailed } from '../tool-dump.js';
import { describeEnd } from '../tool-process.js';
import type { ToolEnd } from '../tool-process.js';
import { grantConnect } from './probe.js';
import { quoteIdentifier } from './quote.js';

/** What was being dumped when a tool failed. */
export interface DumpSubject {
  readonly database: string;
  readonly user: string;
  readonly serverVersion: string;
}

const GONE = 'it is no longer there. It was dropped or renamed.';
export const LOST =
  "the connection to the server was lost or refused. See the server's log, and try again once the instance answers.";
export const KILLED = 'the program was killed. See whether the machine has run out of memory, then try again.';

/** What shows in a tool's words, and the reason for the operator. The first that fits counts. */
const DUMP_REASONS: readonly (readonly [RegExp, (subject: DumpSubject, found: string) => string])[] = [
  [/database "[^]*" does not exist/, (): string => GONE],
  [/permission denied for database/, ({ database, user }): string => mayNotConnect(database, user)],
  [
    /permission denied for (large object \S+)/,
    ({ user }, found): string =>
      `its user may not read the ${found}. Let the server's administrator grant SELECT on each large object, or run: ALTER ROLE ${quoteIdentifier(user)} SET lo_compat_privileges = on;`,
  ],
  [
    /permission denied for (.+)/,
    (subject, found): string =>
      `its user may not read the ${found}. Let the server's administrator run: ${grantRead(subject)}`,
  ],
  [
    /row-level security policy for table (.+)/,
    ({ user }, found): string =>
      `row-level security hides rows of the table ${found} from its user. Let the server's administrator run: ALTER ROLE ${quoteIdentifier(user)} BYPASSRLS;`,
  ],
  [
    /server version mismatch/,
    (): string => "the server is newer than the program. Install the client programs of the server's version.",
  ],
];

/** Client messages of libpq and words of a server that goes away: the dump is not at fault. */
export const LOST_CONNECTION = new RegExp(
  [
    'server closed the connection',
    'could not connect',
    'connection to server .* failed',
    'terminating connection',
    'no connection to the server',
    'connection not open',
    'SSL connection has been closed',
    'could not receive data from server',
    'could not send data to server',
    'SSL (?:SYSCALL )?error',
    'lost synchronization with server',
    'the database system is (?:starting up|shutting down|in recovery mode)',
  ].join('|'),
);

/** @returns what to throw for the end of a tool that has failed */
export function toToolFailure(end: ToolEnd, subject: DumpSubject): BackupFailedError {
  const fail = (code: BackupFailureCode, reason: string): BackupFailedError =>
    new BackupFailedError(code, toSentence(subject.database, `${reason} ${describeEnd(end)}`));
  for (const [pattern, toReason] of DUMP_REASONS) {
    const found = pattern.exec(end.lastWords);
    if (found !== null) return fail(BackupFailureCode.DUMP_FAILED, toReason(subject, found[1] ?? ''));
  }
  if (LOST_CONNECTION.test(end.lastWords)) return fail(BackupFailureCode.ENGINE_UNREACHABLE, LOST);
  if (end.what.includes('SIGKILL')) return fail(BackupFailureCode.DUMP_FAILED, KILLED);
  return toolFailed(subject.database, end);
}

/** A database that is not there when its dump is to begin. */
export function databaseGone(database: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, toSentence(database, GONE));
}

export function mayNotConnect(database: string, user: string): string {
  return `its user may not connect to it. Let the server's administrator run: ${grantConnect(database, user)}`;
}

/** @param reason the rest of the sentence */
export function toSentence(database: string, reason: string): string {
  return `Database ${database} cannot be dumped: ${reason}`;
}

/** The role that reads all data came with version 14. */
function grantRead({ user, serverVersion }: DumpSubject): string {
  const name = quoteIdentifier(user);
  if (compareVersions(serverVersion, '14', 1) >= 0) return `GRANT pg_read_all_data TO ${name};`;
  return `GRANT USAGE ON SCHEMA … TO ${name}; GRANT SELECT ON ALL TABLES IN SCHEMA … TO ${name}; and the same for sequences.`;
}

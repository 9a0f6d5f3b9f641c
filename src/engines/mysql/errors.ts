import { BackupFailureCode } from '../../domain/backup.js';
import { DomainError, messageOf } from '../../domain/errors.js';
import { BackupFailedError } from '../../domain/failure.js';
import { EngineUnreachableError } from '../database-engine.js';
import {
  FIREWALL,
  NETWORK_REASONS,
  NoAnswerError,
  toDumpFailure as toSharedFailure,
  withFullStop,
} from '../server-errors.js';
import { toolFailed } from '../tool-dump.js';
import type { ToolEnd } from '../tool-process.js';

const NO_PROTOCOL = "what listens there does not speak MySQL's protocol. Check host and port.";

/** By the code of Node's error, or of the library's: why there is no connection, in words that an operator can act on. */
const CONNECTION_REASONS: Readonly<Record<string, string>> = {
  ...NETWORK_REASONS,
  ECONNREFUSED:
    'nothing listens at that address and port, or at that socket. Check them, and that the server is running and listens there.',
  PROTOCOL_CONNECTION_LOST:
    'the connection was closed without an answer. Check that it is MySQL or MariaDB that listens at that port, and the log of the server.',
  // The library reads beyond the end of a packet that is none.
  ERR_OUT_OF_RANGE: NO_PROTOCOL,
  ENOENT: "the server's Unix socket is not there. Check its path in the URL, and that the server is running.",
  ENOTSOCK: 'the path that the URL names as socket is none. Check it.',
  HANDSHAKE_NO_SSL_SUPPORT:
    'the server does not support TLS. Give it a certificate (ssl_cert and ssl_key), or connect with ssl-mode=PREFERRED or DISABLED.',
  AUTH_SWITCH_PLUGIN_ERROR:
    'the server asks for an authentication that is not supported here. Let the user have mysql_native_password or caching_sha2_password.',
};

/** By what Node and OpenSSL say of a certificate; the library puts one code of its own on all. */
const TLS_REASONS: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/i, "the server's TLS certificate, or the one that signed it, has expired. Renew it."],
  [/not yet valid/i, "the server's TLS certificate is not valid yet. Check the clocks of both machines."],
  [
    /altnames|does not match certificate/i,
    "the server's TLS certificate is for another host name. Use the name in the certificate; for MySQL, but not for MariaDB, ssl-mode=VERIFY_CA does without it.",
  ],
  [
    /self[- ]signed|unable to (get|verify)|unknown ca|untrusted/i,
    "the server's TLS certificate is not signed by what ssl-ca holds. Name the certificate of the right authority.",
  ],
];

/** By the server's number of an error: what to do about what it says. */
const SERVER_ADVICE: Readonly<Record<number, string>> = {
  1040: 'Too many connections are open there. Raise max_connections or close some, then try again.',
  1044: 'Grant the user rights on the database in the URL, or leave the database out.',
  1045: 'Check the user and the password in the URL; special characters in them must be percent-encoded. Where the server wants TLS, set ssl-mode=REQUIRED.',
  1049: 'Check the database in the URL, or leave it out: all are backed up.',
  1053: 'The server is being stopped. Try again once it is back.',
  1129: 'The server has blocked this machine after too many errors. FLUSH HOSTS on it lets it in again.',
  1130: 'The server lets nobody in from this machine. Create the user for it, as in CREATE USER user@address.',
  1203: 'The user has too many connections open. Raise max_user_connections or close some, then try again.',
  1226: 'The user has used up what it may in an hour. Raise its limits.',
  1227: "Let the server's administrator grant the user that right.",
  1251: 'Let the user have mysql_native_password or caching_sha2_password.',
  1524: 'Let the user have mysql_native_password or caching_sha2_password.',
  1698: 'The user is let in by another way than a password, perhaps through the socket alone. Give it a password, or name the socket in the URL.',
  1820: 'The password of the user has expired. Set a new one.',
  1862: 'The password of the user has expired. Set a new one.',
  3118: 'The account is locked. ALTER USER … ACCOUNT UNLOCK lets it in.',
  3159: 'The server takes connections with TLS only. Set ssl-mode=REQUIRED in the URL.',
  4151: 'The account is locked. ALTER USER … ACCOUNT UNLOCK lets it in.',
};

function codeOf(error: unknown): string {
  // An exception of the DOM has a number there.
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/** The server's number of what it has answered; null when the error is not its own. */
export function serverErrorOf(error: unknown): number | null {
  if (!(error instanceof Error) || !('sqlState' in error) || !('errno' in error)) return null;
  return typeof error.errno === 'number' ? error.errno : null;
}

/** Whether TLS is what keeps a connection from being made. */
export function isTlsRefusal(error: unknown): boolean {
  return codeOf(error).startsWith('HANDSHAKE_');
}

/** @returns the error to throw when the instance could not be looked at */
export function toUnreachable(error: unknown): unknown {
  if (error instanceof EngineUnreachableError || error instanceof DomainError) return error;
  // An abort is no finding about the instance.
  if (error instanceof Error && error.name === 'AbortError') return error;
  return new EngineUnreachableError(toReason(error), { cause: error });
}

function toReason(error: unknown): string {
  if (error instanceof NoAnswerError) {
    return error.isConnected
      ? 'it takes connections, but does not answer. The server may be overloaded or stopped, or it is neither MySQL nor MariaDB that listens there.'
      : `the connection was not answered in time. ${FIREWALL}`;
  }
  const number = serverErrorOf(error);
  const message = messageOf(error);
  if (number !== null) {
    return `the server says: ${withFullStop(message)} ${SERVER_ADVICE[number] ?? "See the server's log."}`;
  }
  const code = codeOf(error);
  const known =
    CONNECTION_REASONS[code] ??
    (isTlsRefusal(error) ? TLS_REASONS.find(([pattern]) => pattern.test(message))?.[1] : undefined);
  if (known !== undefined) return known;
  if (code.startsWith('HANDSHAKE_') || /^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO)/.test(code)) {
    return `TLS cannot be established (${message}). Check the certificates and the server's TLS settings.`;
  }
  if (/plugin/i.test(message)) return CONNECTION_REASONS.AUTH_SWITCH_PLUGIN_ERROR ?? message;
  return `the connection has failed: ${withFullStop(message)} Check the URL and the server's log.`;
}

/** Numbers with which a tool tells that it has lost the server, or has not found it. */
const LOST = new Set([1040, 1053, 1152, 1159, 1161, 1184, 1317, 1927, 2002, 2003, 2005, 2006, 2013, 2026, 2055]);

/** By the number that a tool ends with: what to do. */
const DUMP_ADVICE: Readonly<Record<number, string>> = {
  1044: 'The user lacks a right that the dump takes. Register the instance anew to see which one.',
  1049: 'The database is no longer there.',
  1133: 'The server takes no notice of that account, as it does with skip_name_resolve where the host of an account is a name. Drop the account, then take the backup again.',
  1142: 'The user lacks a right that the dump takes. Register the instance anew to see which one.',
  1143: 'The user lacks a right that the dump takes. Register the instance anew to see which one.',
  1146: 'A table was dropped or renamed while the database was being dumped. Take the backup again.',
  1227: 'The user lacks a right that the dump takes. Register the instance anew to see which one.',
  1356: 'Drop or mend that view, then take the backup again.',
  1412: 'A table was changed (ALTER, TRUNCATE, DROP) while the database was being dumped. Take the backup again.',
  1449: 'Its definer is no longer there. Create that user again, or change the definer.',
};

/** Numbers of errors in what a tool says: "(1412)" at the end of a line, "Got error: 2013:" or "error 2013". */
function numbersIn(lastWords: string): readonly number[] {
  const pattern = /\((\d{4})\)|[Ee]rror:? (\d{4})/g;
  return [...lastWords.matchAll(pattern)].map(([, closing, leading]) => Number(closing ?? leading));
}

/** @returns what to throw for a tool that has failed while it dumped a database */
export function toToolFailure(database: string, end: ToolEnd): BackupFailedError {
  const sentence = withFullStop(toolFailed(database, end).message);
  const numbers = numbersIn(end.lastWords);
  if (numbers.some((number) => LOST.has(number))) {
    return new BackupFailedError(
      BackupFailureCode.ENGINE_UNREACHABLE,
      `${sentence} The connection to the server was lost; see its log, and take the backup again.`,
    );
  }
  const advice = numbers.map((number) => DUMP_ADVICE[number]).find((known) => known !== undefined);
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    advice === undefined ? sentence : `${sentence} ${advice}`,
  );
}

/** @returns the error to throw when a database could not be begun to be dumped */
export function toDumpFailure(error: unknown, database: string): unknown {
  if (error instanceof BackupFailedError) return error;
  return toSharedFailure(toUnreachable(error), database);
}

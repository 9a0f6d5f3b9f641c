import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { FIREWALL, NETWORK_REASONS, NoAnswerError, withFullStop } from '../server-errors.js';

const LISTENS = 'Check both, and that SQL Server is running with TCP/IP enabled (SQL Server Configuration Manager).';
const CERTIFICATE =
  'Name the file of its authority with caFile, or trust any certificate with trustServerCertificate=true.';

/** By the code of Node's error: why there is no connection, in words that an operator can act on. */
const CONNECTION_REASONS: Readonly<Record<string, string>> = {
  ...NETWORK_REASONS,
  ECONNREFUSED: `nothing listens at that address and port. ${LISTENS}`,
  CERT_HAS_EXPIRED: "the server's TLS certificate, or the one that signed it, has expired. Renew it.",
  CERT_NOT_YET_VALID: "the server's TLS certificate is not valid yet. Check the clocks of both machines.",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's TLS certificate is for another host name. Use the name in the certificate, or tell it with hostNameInCertificate.",
  DEPTH_ZERO_SELF_SIGNED_CERT: `the server's TLS certificate is one that it has signed itself. ${CERTIFICATE}`,
  SELF_SIGNED_CERT_IN_CHAIN: `the server's TLS certificate is signed by an authority that is not known here. ${CERTIFICATE}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `the server's TLS certificate is signed by an authority that is not known here. ${CERTIFICATE}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `the server's TLS certificate is signed by an authority that is not known here. ${CERTIFICATE}`,
  EINSTLOOKUP:
    'the SQL Server Browser of its host does not tell the port of the named instance. Check the name of the instance and that UDP port 1434 is open there, or write the port into the URL.',
  EENCRYPT: 'the server takes encrypted connections alone. Leave encrypt=false out of the URL.',
};

/** By error number (sys.messages): what to do about what the server says when it is asked. */
const SERVER_ADVICE: Readonly<Record<number, string>> = {
  18456: 'Check the user and the password in the URL; special characters in them must be percent-encoded.',
  18452: 'Name the Windows domain of the user in the URL with domain, or let the server take SQL Server logins, too.',
  18486: 'Unlock the login there (ALTER LOGIN … WITH PASSWORD = … UNLOCK).',
  18487: 'Change the password of the login there, and in the URL.',
  18488: 'Change the password of the login there, and in the URL.',
  911: 'Check the name of the database: it may have been dropped or renamed.',
  17809: 'Too many connections are open there. Raise "user connections" or close some, then try again.',
  18401: 'The server is starting up. Try again in a moment.',
  6005: 'The server is shutting down. Try again in a moment.',
  1205: 'The server has ended the statement in favour of another one. Try again.',
  1222: 'Somebody holds a lock there. Try again.',
  229: "Let the server's administrator grant the login that right.",
  262: "Let the server's administrator grant the login that right.",
  297: "Let the server's administrator grant the login that right.",
  300: "Let the server's administrator grant the login that right.",
};

/** What the server itself has said was wrong. */
export interface ServerFault {
  /** Of sys.messages. */
  readonly number: number;
  readonly message: string;
  /** The class of the error: from 20 on the connection is at its end. */
  readonly severity: number;
}

/** Errors that a sentence repeats. */
const SHOWN_FAULTS = 3;
/** Ends what has failed for a reason that was said before it, and tells nothing itself. */
const LAST_WORDS = new Set([3013, 3041, 3119]);

/**
 * What the server has answered, also where that is the cause of the error; the one that tells most comes first. Empty when it
 * has not answered.
 */
export function faultsOf(error: unknown): readonly ServerFault[] {
  const { cause } = Object(error) as { readonly cause?: unknown };
  const all = error instanceof AggregateError ? (error.errors as readonly unknown[]) : [error];
  const faults = all.filter(isFault).map(toFault);
  if (faults.length === 0 && error instanceof EngineUnreachableError && cause !== undefined) return faultsOf(cause);
  return [...faults].sort((a, b) => Number(LAST_WORDS.has(a.number)) - Number(LAST_WORDS.has(b.number)));
}

/** As the library writes it. */
interface LibraryFault extends Error {
  readonly number: number;
  readonly class?: number;
}

function isFault(error: unknown): error is LibraryFault {
  return error instanceof Error && 'number' in error && typeof error.number === 'number';
}

function toFault({ number, message, class: severity = 0 }: LibraryFault): ServerFault {
  return { number, message, severity };
}

/** @returns the error to throw when the instance could not be looked at */
export function toUnreachable(error: unknown): unknown {
  if (error instanceof EngineUnreachableError) return error;
  return new EngineUnreachableError(toReason(error), { cause: error });
}

/** What the server says, as it says it. A check of a damaged database can say thousands of things. */
export function toWords(faults: readonly ServerFault[]): string {
  const words = faults
    .slice(0, SHOWN_FAULTS)
    .map(({ number, message }) => `${withFullStop(message)} (error ${number.toString()})`);
  const more = faults.length - words.length;
  return `The server says: ${words.join(' ')}${more > 0 ? ` And ${more.toString()} errors more.` : ''}`;
}

function toReason(error: unknown): string {
  if (error instanceof NoAnswerError) {
    return error.isConnected
      ? 'it takes connections, but does not answer. The server may be overloaded or stopped, or it is no SQL Server that listens there.'
      : `the connection was not answered in time. ${FIREWALL}`;
  }
  const [fault] = faultsOf(error);
  if (fault !== undefined) {
    return `the server says: ${withFullStop(fault.message)} ${SERVER_ADVICE[fault.number] ?? `See the server's log for error ${fault.number.toString()}.`}`;
  }
  const known = codesOf(error)
    .map((code) => CONNECTION_REASONS[code])
    .find((reason) => reason !== undefined);
  return known ?? `the connection has failed: ${withFullStop(messageOf(error))} Check the URL and the server's log.`;
}

/** Of an error and its causes, the innermost first: the library wraps those of the network. */
function codesOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : codesOf(error.cause);
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? [...inner, code] : inner;
}

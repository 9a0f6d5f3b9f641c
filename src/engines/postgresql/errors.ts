import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { FIREWALL, NETWORK_REASONS, NoAnswerError, withFullStop } from '../server-errors.js';

const CLIENT_CERTIFICATE = 'Name sslcert and sslkey in the URL.';

/** By the code of Node's error: why there is no connection, in words that an operator can act on. */
const CONNECTION_REASONS: Readonly<Record<string, string>> = {
  ...NETWORK_REASONS,
  ECONNREFUSED:
    'nothing listens at that address and port. Check both, and that PostgreSQL is running and listens there.',
  ENOENT: "the server's Unix socket is not there. Check the folder and the port, and that PostgreSQL is running.",
  CERT_HAS_EXPIRED: "the server's TLS certificate, or the one that signed it, has expired. Renew it.",
  CERT_NOT_YET_VALID: "the server's TLS certificate is not valid yet. Check the clocks of both machines.",
  ERR_TLS_CERT_ALTNAME_INVALID:
    "the server's TLS certificate is for another host name. Use the name in the certificate, or sslmode=verify-ca.",
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: `the server asks for a client certificate. ${CLIENT_CERTIFICATE}`,
};

/** What the certificate's check gives when its signer is not the one that sslrootcert holds. */
const UNTRUSTED_CODES = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'INVALID_CA',
  'INVALID_PURPOSE',
]);

/** By what pg says where it gives no code. */
const LIBRARY_REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /does not support SSL/,
    'the server does not support TLS. Set ssl = on in its postgresql.conf, or connect with sslmode=prefer or disable.',
  ],
  [
    /error establishing an SSL connection|received invalid response/,
    "what listens there does not speak PostgreSQL's protocol. Check host and port.",
  ],
  [
    /client password must be/,
    'the server asks for a password, and the URL has none. Write it as postgresql://user:password@host.',
  ],
  [
    /Unknown authenticationOk message type|mechanism/,
    'the server asks for an authentication that is not supported here. Let its pg_hba.conf ask this user for scram-sha-256.',
  ],
  [
    /Connection terminated/,
    'the connection was closed without an answer. Check that it is PostgreSQL that listens at that port, and the log of the server.',
  ],
];

/** By SQLSTATE (PostgreSQL's manual, appendix A): what to do about what the server says. */
const SERVER_ADVICE: Readonly<Record<string, string>> = {
  '28P01': 'Check the user and the password in the URL; special characters in them must be percent-encoded.',
  '28000':
    "Check the user in the URL, and let the server's pg_hba.conf accept this user and this machine, with or without TLS as the URL's sslmode has it.",
  '3D000': "Check the database in the URL's path; without one, postgres is used.",
  '42501': "Let the server's administrator grant the user that right.",
  '53300': 'Too many connections are open there. Raise max_connections or close some, then try again.',
  '57014': 'The server is too busy to answer in time. Try again.',
  '57P01': "The server's administrator has ended the connection. Try again.",
  '57P02': 'The server has crashed and recovers. Try again in a moment.',
  '57P03': 'The server is starting up, shutting down or recovering. Try again in a moment.',
};

function codeOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? '') : '';
}

/** What the server itself has answered: pg gives its SQLSTATE for a code. */
function isFromServer(error: unknown): error is Error {
  return error instanceof Error && 'severity' in error && /^[0-9A-Z]{5}$/.test(codeOf(error));
}

/** SQLSTATE of what the server has answered, also where that is the cause of the error; null when it has not. */
export function serverStateOf(error: unknown): string | null {
  if (isFromServer(error)) return codeOf(error);
  return error instanceof EngineUnreachableError && isFromServer(error.cause) ? codeOf(error.cause) : null;
}

/**
 * Whether libpq would try again without TLS, or with it, as the mode has it: when the server has refused whom it has
 * connected to, or TLS itself has failed. A server that is not there is the same either way.
 */
export function isWorthAnotherWay(error: unknown): boolean {
  return isFromServer(error) ? codeOf(error).startsWith('28') : isTlsFault(error);
}

function isTlsFault(error: unknown): boolean {
  const code = codeOf(error);
  return isNoTls(error) || isCertificateFault(code) || /^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO|ECONNRESET)/.test(code);
}

function isCertificateFault(code: string): boolean {
  return UNTRUSTED_CODES.has(code) || code.startsWith('CERT_');
}

/** Of the errors of two ways, the one to show: that the way itself is closed tells less than why the other has failed. */
export function tellsMore(first: unknown, second: unknown): unknown {
  return codeOf(second) === '28000' && !isNoTls(first) ? first : second;
}

function isNoTls(error: unknown): boolean {
  return error instanceof Error && error.message.includes('does not support SSL');
}

/** @returns the error to throw when the instance could not be looked at */
export function toUnreachable(error: unknown): unknown {
  if (error instanceof EngineUnreachableError) return error;
  return new EngineUnreachableError(toReason(error), { cause: error });
}

function toReason(error: unknown): string {
  if (error instanceof NoAnswerError) {
    return error.isConnected
      ? 'it takes connections, but does not answer. The server may be overloaded or stopped, or it is no PostgreSQL that listens there.'
      : `the connection was not answered in time. ${FIREWALL}`;
  }
  const code = codeOf(error);
  const message = messageOf(error);
  if (isFromServer(error)) {
    return `the server says: ${withFullStop(message)} ${SERVER_ADVICE[code] ?? "See the server's log."}`;
  }
  const known = CONNECTION_REASONS[code] ?? LIBRARY_REASONS.find(([pattern]) => pattern.test(message))?.[1];
  if (known !== undefined) return known;
  if (isCertificateFault(code)) {
    return `the server's TLS certificate is not signed by what sslrootcert holds (${code}). Name the right root certificate.`;
  }
  if (/^(ERR_SSL|ERR_TLS|ERR_OSSL|EPROTO)/.test(code)) {
    return `a TLS connection cannot be established (${message}). Check the certificates and the server's TLS settings.`;
  }
  return `the connection has failed: ${withFullStop(message)} Check the URL and the server's log.`;
}

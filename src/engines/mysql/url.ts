import { isAbsolute } from 'node:path';
import { badServerUrl, parseServerUrl } from '../server-url.js';
import type { ServerUrl } from '../server-url.js';

export const DEFAULT_PORT = 3306;

const EXAMPLE = 'mariadb://user:p%40ss@db.example.com:3306';

/**
 * How a connection is encrypted, in MySQL's own words. PREFERRED takes a server without TLS as it is, and whatever
 * certificate; VERIFY_CA trusts those of an authority; VERIFY_IDENTITY those that name the host, too.
 */
type SslMode = 'DISABLED' | 'PREFERRED' | 'REQUIRED' | 'VERIFY_CA' | 'VERIFY_IDENTITY';

const SSL_MODES: readonly SslMode[] = ['DISABLED', 'PREFERRED', 'REQUIRED', 'VERIFY_CA', 'VERIFY_IDENTITY'];

/** Where a server is, as whom to connect, and how. Holds the password. */
export interface MysqlTarget extends Omit<ServerUrl, 'parameters'> {
  /** Path of the server's socket; null = by TCP. */
  readonly socket: string | null;
  readonly sslMode: SslMode;
  /** Files in PEM format, by absolute path; null = none. */
  readonly sslFiles: SslFiles;
}

interface SslFiles {
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

/** Whether the server must show a certificate that ssl-ca's authority has signed. */
export function isVerifying(mode: SslMode): boolean {
  return mode === 'VERIFY_CA' || mode === 'VERIFY_IDENTITY';
}

/** @throws DomainError BAD_USER_INPUT */
export function parseMysqlUrl(url: string): MysqlTarget {
  const { parameters, ...server } = parseServerUrl(url, {
    defaultPort: DEFAULT_PORT,
    defaultUser: 'root',
    parameters: ['ssl-mode', 'ssl-ca', 'ssl-cert', 'ssl-key', 'socket'],
    example: EXAMPLE,
  });
  const socket = pathOf(parameters, 'socket');
  const sslFiles = {
    ca: pathOf(parameters, 'ssl-ca'),
    cert: pathOf(parameters, 'ssl-cert'),
    key: pathOf(parameters, 'ssl-key'),
  };
  return { ...server, socket, sslFiles, sslMode: toSslMode(parameters.get('ssl-mode'), sslFiles) };
}

function toSslMode(text: string | undefined, { ca, cert, key }: SslFiles): SslMode {
  const mode = SSL_MODES.find((known) => known === (text ?? 'PREFERRED').toUpperCase());
  if (mode === undefined) {
    throw badServerUrl('sslMode', `The URL's parameter ssl-mode must be one of ${SSL_MODES.join(', ')}.`);
  }
  if (isVerifying(mode) && ca === null) {
    throw badServerUrl(
      'sslCa',
      `With ssl-mode=${mode} the URL must name the authority's certificate, as ssl-ca=/path.`,
    );
  }
  if (!isVerifying(mode) && ca !== null) {
    throw badServerUrl('sslCa', 'The URL names an ssl-ca, which only VERIFY_CA and VERIFY_IDENTITY use: set ssl-mode.');
  }
  if ((cert === null) !== (key === null)) {
    throw badServerUrl('sslCert', 'The URL must name ssl-cert and ssl-key together, or neither.');
  }
  return mode;
}

function pathOf(parameters: ReadonlyMap<string, string>, name: string): string | null {
  const path = parameters.get(name) ?? null;
  if (path !== null && (!isAbsolute(path) || path.includes('\0'))) {
    throw badServerUrl('path', `The URL's parameter ${name} must be an absolute path.`);
  }
  return path;
}

import { isAbsolute } from 'node:path';
import { badServerUrl, parseServerUrl, toServerEndpoint } from '../server-url.js';
import type { ServerUrl, ServerUrlRules } from '../server-url.js';

const DEFAULT_PORT = 5432;
/** Where questions about the whole server are asked when the URL names no database: every server has it. */
const DEFAULT_DATABASE = 'postgres';

/** libpq's modes, with libpq's meaning (its manual, "SSL Support"). */
const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
export type SslMode = (typeof SSL_MODES)[number];

const FILE_PARAMETERS = ['sslrootcert', 'sslcert', 'sslkey'] as const;

const RULES: ServerUrlRules = {
  defaultPort: DEFAULT_PORT,
  defaultUser: 'postgres',
  parameters: ['host', 'sslmode', ...FILE_PARAMETERS],
  example: 'postgresql://backup:p%40ss@db.example.com:5432',
};

/** A PostgreSQL server, and how to connect to it. Holds the password. */
export interface PostgresqlServer {
  /** Name, address, or the absolute path of the folder that the server's Unix socket is in. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string | null;
  /** The database in which the server is asked about itself. */
  readonly database: string;
  readonly sslMode: SslMode;
  /** Absolute paths of PEM files; null when the URL names none. */
  readonly sslRootCert: string | null;
  readonly sslCert: string | null;
  readonly sslKey: string | null;
}

/** @throws DomainError BAD_USER_INPUT */
export function toServer(url: string): PostgresqlServer {
  const parsed = parseServerUrl(url, RULES);
  const sslMode = toSslMode(parsed.parameters.get('sslmode') ?? 'prefer');
  const [sslRootCert = null, sslCert = null, sslKey = null] = FILE_PARAMETERS.map((name) => toPath(parsed, name));
  if (sslMode.startsWith('verify-') && sslRootCert === null) {
    const sentence = `sslmode=${sslMode} needs sslrootcert, the absolute path of the certificate that signed the server's.`;
    throw badServerUrl('sslrootcert', sentence);
  }
  if ((sslCert === null) !== (sslKey === null)) {
    throw badServerUrl(
      'sslcert',
      'A client certificate takes both sslcert and sslkey, the absolute paths of its files.',
    );
  }
  const { port, user, password } = parsed;
  const host = toPath(parsed, 'host') ?? parsed.host;
  const database = parsed.database ?? DEFAULT_DATABASE;
  return { host, port, user, password, database, sslMode, sslRootCert, sslCert, sslKey };
}

/** Both schemes are shown as one. */
export function toEndpoint(url: string): string {
  return toServerEndpoint(url.replace(/^postgres(ql)?:/i, 'postgresql:'), DEFAULT_PORT);
}

export function isSocket({ host }: PostgresqlServer): boolean {
  return isAbsolute(host);
}

function toSslMode(text: string): SslMode {
  const mode = SSL_MODES.find((known) => known === text);
  if (mode !== undefined) return mode;
  throw badServerUrl('sslmode', `The URL's sslmode must be one of ${SSL_MODES.join(', ')}.`);
}

function toPath({ parameters }: ServerUrl, name: string): string | null {
  const path = parameters.get(name);
  if (path === undefined) return null;
  if (isAbsolute(path) && !path.includes('\0')) return path;
  const what = name === 'host' ? "folder that the server's Unix socket is in" : 'file on the machine of this server';
  throw badServerUrl(name, `The URL's parameter ${name} must be the absolute path of a ${what}.`);
}

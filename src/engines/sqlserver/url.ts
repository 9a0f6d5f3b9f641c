import { isAbsolute } from 'node:path';
import { badServerUrl, parseServerUrl, toServerEndpoint } from '../server-url.js';
import type { ServerUrl, ServerUrlRules } from '../server-url.js';

const DEFAULT_PORT = 1433;
/** The value of `backupDir` that stands for the bucket in which this server keeps its backups. */
const BUCKET = 's3';

const RULES: ServerUrlRules = {
  defaultPort: DEFAULT_PORT,
  defaultUser: 'sa',
  parameters: [
    'backupDir',
    'backupDirLocal',
    'encrypt',
    'trustServerCertificate',
    'hostNameInCertificate',
    'caFile',
    'instanceName',
    'domain',
  ],
  example:
    'sqlserver://backup:p%40ss@db.example.com:1433?backupDir=/var/opt/mssql/exchange&backupDirLocal=/srv/exchange',
};

/** Where the server leaves its backup files for us, and finds those that it is to restore. */
export type ExchangePlace =
  | {
      readonly kind: 'folder';
      /** Absolute path, as the server sees it: of Windows or of Linux. */
      readonly serverDir: string;
      /** Absolute path of the same folder, as this machine sees it. */
      readonly localDir: string;
    }
  | { readonly kind: 'bucket' };

/** A SQL Server, and how to connect to it. Holds the password. */
export interface SqlServer {
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  /** Null = the SQL Server Browser of the host tells the port of the named instance. */
  readonly port: number | null;
  readonly instanceName: string | null;
  readonly user: string;
  readonly password: string;
  /** Windows domain of the user; null = the user is a login of the server's own. */
  readonly domain: string | null;
  /** `strict` is TDS 8.0: TLS before anything else is said. */
  readonly encrypt: boolean | 'strict';
  readonly trustServerCertificate: boolean;
  /** Name that the certificate is to be for; null = the host. */
  readonly hostNameInCertificate: string | null;
  /** Absolute path of a PEM file; null = the authorities that Node knows. */
  readonly caFile: string | null;
  readonly exchange: ExchangePlace;
}

/** @throws DomainError BAD_USER_INPUT */
export function toServer(url: string): SqlServer {
  const written = withEncodedInstance(url);
  const parsed = parseServerUrl(written, RULES);
  const { parameters } = parsed;
  const [host = '', instanceInHost = null] = parsed.host.split('\\', 2);
  const instanceName = parameters.get('instanceName') ?? instanceInHost;
  const isPortGiven = new URL(written).port !== '';
  const { user, domain } = toUser(parsed);
  if (host === '' || instanceName === '') {
    throw badServerUrl('host', `The URL must name a host, and an instance behind a backslash, as in ${RULES.example}.`);
  }
  // Some drivers take it for an instance, others for a database: neither is to be guessed.
  if (parsed.database !== null) {
    const sentence =
      'The URL must end behind the host: name an instance as host\\INSTANCE, and no database, since all of them are looked after.';
    throw badServerUrl('path', sentence);
  }
  return {
    host,
    // As Microsoft's own drivers do: whoever knows the port need not ask for it.
    port: instanceName !== null && !isPortGiven ? null : parsed.port,
    instanceName,
    user,
    password: parsed.password ?? '',
    domain,
    encrypt: toEncrypt(parameters.get('encrypt') ?? 'true'),
    trustServerCertificate: toBoolean(parsed, 'trustServerCertificate'),
    hostNameInCertificate: parameters.get('hostNameInCertificate') ?? null,
    caFile: toLocalPath(parsed, 'caFile'),
    exchange: toExchange(parsed),
  };
}

/** Both schemes are shown as one, and so are both ways to name an instance. */
export function toEndpoint(url: string): string {
  const written = withEncodedInstance(url.replace(/^mssql:/i, 'sqlserver:'));
  const shown = toServerEndpoint(written, DEFAULT_PORT);
  const parsed = URL.canParse(written) ? new URL(written) : null;
  const named = parsed?.searchParams.get('instanceName') ?? null;
  const endpoint = named === null || shown.includes('%5C') ? shown : shown.replace(/:\d+$/, `%5C${named}$&`);
  const isPortAsked = endpoint.includes('%5C') && parsed?.port === '';
  const known = isPortAsked ? endpoint.replace(/:\d+$/, '') : endpoint;
  return known.replace('%5C', '\\');
}

/** `host\INSTANCE` is how Windows writes it, and no URL. */
function withEncodedInstance(url: string): string {
  return url.replace(/^(\w+:\/\/[^/?#]*)/, (authority) => authority.replace(/\\|%5c/gi, '%5C'));
}

/** `CORP\\backup` is a user of the Windows domain CORP. */
function toUser({ user, parameters }: ServerUrl): Pick<SqlServer, 'user' | 'domain'> {
  const [first = '', second] = user.split('\\', 2);
  if (second !== undefined) return { user: second, domain: first };
  return { user, domain: parameters.get('domain') ?? null };
}

function toEncrypt(text: string): boolean | 'strict' {
  if (text === 'strict') return text;
  if (text === 'true' || text === 'false') return text === 'true';
  throw badServerUrl('encrypt', "The URL's encrypt must be true, false or strict.");
}

function toBoolean({ parameters }: ServerUrl, name: string): boolean {
  const text = parameters.get(name) ?? 'false';
  if (text === 'true' || text === 'false') return text === 'true';
  throw badServerUrl(name, `The URL's ${name} must be true or false.`);
}

function toExchange(parsed: ServerUrl): ExchangePlace {
  const serverDir = parsed.parameters.get('backupDir');
  if (serverDir === BUCKET) return { kind: 'bucket' };
  if (serverDir === undefined) {
    const sentence = `SQL Server writes its backups itself: name a folder that it shares with this machine, with backupDir as it sees it and backupDirLocal as this machine does, as in ${RULES.example}.`;
    throw badServerUrl('backupDir', sentence);
  }
  const isPath = /^([a-z]:[\\/]|\\\\[^\\]|\/)/i.test(serverDir) && !serverDir.includes('\0');
  if (!isPath) {
    const sentence = `The URL's backupDir must be the absolute path of a folder as the SQL Server sees it, as D:\\Backups, \\\\files\\backups or /srv/backups; or ${BUCKET}, the bucket of this server.`;
    throw badServerUrl('backupDir', sentence);
  }
  const localDir = toLocalPath(parsed, 'backupDirLocal') ?? serverDir;
  if (!isAbsolute(localDir)) {
    const sentence =
      "The URL's backupDirLocal must say where this machine has the folder that the SQL Server calls backupDir.";
    throw badServerUrl('backupDirLocal', sentence);
  }
  return { kind: 'folder', serverDir, localDir };
}

function toLocalPath({ parameters }: ServerUrl, name: string): string | null {
  const path = parameters.get(name);
  if (path === undefined) return null;
  if (isAbsolute(path) && !path.includes('\0')) return path;
  throw badServerUrl(name, `The URL's parameter ${name} must be an absolute path on the machine of this server.`);
}

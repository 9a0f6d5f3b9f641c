import { resolve } from 'node:path';
import { Cron } from 'croner';
import { distance } from 'fastest-levenshtein';
import type { EncryptionSettings } from './artifacts/load-age-keys.js';
import type { S3Location } from './artifacts/s3-bucket.js';
import type { CatalogLocation } from './catalog/data-source.js';
import { Engine } from './domain/instance.js';
import { SECRET_KEY_BYTES } from './services/secret-box.js';

const SCRATCH_VARIABLES: readonly (readonly [Engine, string])[] = [
  [Engine.POSTGRESQL, 'VERIFY_POSTGRES_URL'],
  [Engine.MARIADB, 'VERIFY_MARIADB_URL'],
  [Engine.MYSQL, 'VERIFY_MYSQL_URL'],
  [Engine.SQLSERVER, 'VERIFY_SQLSERVER_URL'],
];

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Everything that can be set from outside. README's table describes each variable. */
export interface Config {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly catalog: CatalogLocation;
  readonly artifactStore: ArtifactStoreLocation;
  readonly encryption: EncryptionSettings;
  /** 32 bytes; null = the generated one in the data directory. */
  readonly secretKey: Buffer | null;
  readonly maxConcurrentBackups: number;
  /** Databases of one backup that are dumped side by side. */
  readonly maxConcurrentDumps: number;
  /** Threads of Node's pool. A backup can occupy one for long, and catalog and store need some, too. */
  readonly threadPoolSize: number;
  readonly stallTimeoutMs: number;
  readonly shutdownGraceMs: number;
  /** Base URL at which others reach the server, without a slash at its end; null = the one that it listens on. */
  readonly publicUrl: string | null;
  /** How long the URL of a download is good. */
  readonly downloadExpiryMs: number;
  /** How often each instance is asked whether it is there. */
  readonly healthIntervalMs: number;
  readonly logLevel: LogLevel;
  /** Folders that SQLite databases may be in; null = anywhere. */
  readonly sqliteRoots: readonly string[] | null;
  /** Servers that are there for proofs alone, by product: connection URLs, which are secrets. */
  readonly scratchUrls: Readonly<Partial<Record<Engine, string>>>;
  /** When backups are proved, a cron pattern in UTC; null = never. */
  readonly verifySchedule: string | null;
  /** Per cent of all COMPLETED backups that are proved each time. */
  readonly verifyShare: number;
  /** Folders in which client programs are looked for: those of PATH. */
  readonly toolFolders: readonly string[];
}

export type ArtifactStoreLocation =
  { readonly kind: 'filesystem'; readonly path: string } | ({ readonly kind: 's3' } & S3Location);

/** Node's own default. */
const DEFAULT_THREADS = 4;

/** The configuration is no good. The message lists every fault, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads one variable; the message of what it throws is what the variable must be. */
type Parser<T> = (text: string) => T;

class EnvironmentReader {
  readonly faults: string[] = [];
  readonly names = new Set<string>();
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** An empty variable counts as not set. */
  read<T>(name: string, fallback: T, parse: Parser<T>): T {
    this.names.add(name);
    const text = this.#environment[name];
    if (text === undefined || text === '') return fallback;
    try {
      return parse(text);
    } catch (error) {
      // The value is not repeated: it may be a secret.
      this.faults.push(`${name} must be ${(error as Error).message}.`);
      return fallback;
    }
  }

  /** A name close to one of ours is taken for a slip of the pen: it would otherwise be ignored without a word. */
  findSlips(): readonly string[] {
    const strangers = Object.keys(this.#environment).filter((name) => !this.names.has(name) && name.length > 5);
    return strangers.flatMap((stranger) => {
      const meant = [...this.names].find((name) => name.length > 5 && distance(stranger.toUpperCase(), name) <= 2);
      return meant === undefined ? [] : [`${stranger} is not known. Did you mean ${meant}?`];
    });
  }
}

/**
 * @param environment read once, here and nowhere else
 * @param args command line after the program's name: the server takes none
 * @throws ConfigError with all faults
 */
export function readConfig(
  environment: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): Config {
  const reader = new EnvironmentReader(environment);
  const dataDir = reader.read('DATA_DIR', resolve('data'), resolve);
  const config: Config = {
    host: reader.read('HOST', '127.0.0.1', parseHost),
    port: reader.read('PORT', 4000, integer(0, 65_535)),
    dataDir,
    catalog: reader.read(
      'DATABASE_URL',
      { kind: 'sqlite', path: resolve(dataDir, 'catalog.sqlite') },
      parseDatabaseUrl,
    ),
    artifactStore: readArtifactStore(reader, dataDir),
    encryption: readEncryption(reader),
    secretKey: reader.read('SECRET_KEY', null, parseSecretKey),
    maxConcurrentBackups: reader.read('MAX_CONCURRENT_BACKUPS', 2, integer(1, 64)),
    maxConcurrentDumps: reader.read('MAX_CONCURRENT_DUMPS', 2, integer(1, 64)),
    threadPoolSize: reader.read('UV_THREADPOOL_SIZE', DEFAULT_THREADS, integer(1, 1024)),
    stallTimeoutMs: reader.read('STALL_TIMEOUT', 600_000, parseDuration),
    shutdownGraceMs: reader.read('SHUTDOWN_GRACE', 30_000, parseDuration),
    publicUrl: reader.read('PUBLIC_URL', null, parseBaseUrl),
    downloadExpiryMs: reader.read('DOWNLOAD_EXPIRY', 15 * 60_000, parseDuration),
    healthIntervalMs: reader.read('HEALTH_INTERVAL', 30_000, parseDuration),
    logLevel: reader.read('LOG_LEVEL', 'info', parseLogLevel),
    sqliteRoots: reader.read('SQLITE_ROOTS', null, parseRoots),
    scratchUrls: Object.fromEntries(
      SCRATCH_VARIABLES.flatMap(([engine, name]) => {
        const url = reader.read(name, null, parseScratchUrl);
        return url === null ? [] : [[engine, url]];
      }),
    ),
    verifySchedule: reader.read('VERIFY_SCHEDULE', null, parseSchedule),
    verifyShare: reader.read('VERIFY_SHARE', 10, integer(1, 100)),
    toolFolders: reader.read('PATH', [], (text) => text.split(':').filter((folder) => folder.startsWith('/'))),
  };
  const unknownArgs = args.map(
    (arg) => `The argument ${arg} is not known: the server is configured by its environment.`,
  );
  const faults = [...reader.faults, ...reader.findSlips(), ...unknownArgs];
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);
}

/** A bucket's name is at most 63 characters; a prefix has no empty parts. */
const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(\w[\w.-]*(?:\/\w[\w.-]*)*)?)?\/?$/;
/** Servers other than Amazon's seldom have regions, but their signatures name one all the same. */
const REGION_OF_OTHERS = 'us-east-1';

function readArtifactStore(reader: EnvironmentReader, dataDir: string): ArtifactStoreLocation {
  const folder: ArtifactStoreLocation = { kind: 'filesystem', path: resolve(dataDir, 'artifacts') };
  const location = reader.read('ARTIFACT_STORE', folder, parseArtifactStore);
  const endpoint = reader.read('S3_ENDPOINT', null, parseBaseUrl);
  const region = reader.read('AWS_REGION', endpoint === null ? null : REGION_OF_OTHERS, (text) => text);
  return location.kind === 's3' ? { ...location, endpoint, region } : location;
}

function readEncryption(reader: EnvironmentReader): EncryptionSettings {
  const recipients = reader.read('ENCRYPTION_RECIPIENTS', [], parseRecipients);
  const identityFile = reader.read('ENCRYPTION_IDENTITY_FILE', null, (text) => resolve(text));
  if (recipients.length > 0 && identityFile === null) {
    reader.faults.push(
      'ENCRYPTION_RECIPIENTS needs ENCRYPTION_IDENTITY_FILE: a backup that cannot be read back is never completed.',
    );
  }
  return { recipients, identityFile };
}

/**
 * What `npm run recover` works with: the server's own configuration, on the store that `--from` names.
 * @throws ConfigError with all faults
 */
export function readRecoveryConfig(
  environment: Environment = process.env,
  args: readonly string[] = process.argv.slice(2),
): Config {
  const [flag, from, ...rest] = args;
  if (flag !== '--from' || from === undefined || from === '' || rest.length > 0) {
    throw new ConfigError(['The arguments must be --from and the store, a folder or s3://bucket/prefix.']);
  }
  return readConfig({ ...environment, ARTIFACT_STORE: from }, []);
}

function integer(min: number, max: number): Parser<number> {
  return (text) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max) return value;
    throw new Error(`a whole number from ${min.toString()} to ${max.toString()}`);
  };
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const MAX_DURATION_MS = 24 * 3_600_000;

function parseDuration(text: string): number {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(text) ?? [];
  const milliseconds = Number(amount) * (MS_PER_UNIT[unit] ?? NaN);
  if (milliseconds > 0 && milliseconds <= MAX_DURATION_MS) return milliseconds;
  throw new Error('a duration of more than 0 and at most 24h, with its unit, as in 500ms, 30s, 10m, 1h');
}

function parseHost(text: string): string {
  if (text === 'localhost' || text === '::1' || /^127(\.\d{1,3}){3}$/.test(text)) return text;
  throw new Error(
    'a loopback address, as 127.0.0.1 or ::1: the server has no authentication that would protect it beyond',
  );
}

function parseDatabaseUrl(text: string): CatalogLocation {
  if (URL.canParse(text) && /^postgres(ql)?:$/.test(new URL(text).protocol)) return { kind: 'postgres', url: text };
  throw new Error('a URL that begins with postgresql://; leave it out for a SQLite catalog in DATA_DIR');
}

function parseArtifactStore(text: string): ArtifactStoreLocation {
  if (!/^[a-z][a-z0-9+.-]+:/i.test(text)) return { kind: 'filesystem', path: resolve(text) };
  const [, bucket, prefix = ''] = S3_URL.exec(text) ?? [];
  if (bucket !== undefined) return { kind: 's3', bucket, prefix, endpoint: null, region: null };
  throw new Error(
    'the path of a folder, or s3://bucket or s3://bucket/prefix, with plain letters, digits, dots, hyphens and underscores',
  );
}

function parseBaseUrl(text: string): string {
  const { protocol, username, password, search, hash } = URL.canParse(text) ? new URL(text) : new URL('none:');
  const isPlain = `${username}${password}${search}${hash}` === '';
  if (/^https?:$/.test(protocol) && isPlain) return text.replace(/\/+$/, '');
  throw new Error('a URL that begins with http:// or https://, without credentials and query');
}

function parseRecipients(text: string): readonly string[] {
  const recipients = text.split(/[\s,]+/).filter((recipient) => recipient !== '');
  if (recipients.every((recipient) => /^age1[0-9a-z]+$/.test(recipient))) return recipients;
  throw new Error('age recipients, which begin with age1, separated by commas or blanks');
}

function parseSecretKey(text: string): Buffer {
  const encoding = /^[0-9a-f]{64}$/i.test(text) ? 'hex' : 'base64';
  const key = Buffer.from(text, encoding);
  if (key.length === SECRET_KEY_BYTES && /^[A-Za-z0-9+/]+={0,2}$/.test(text)) return key;
  throw new Error('32 bytes in base64 or hex, as `openssl rand -base64 32` prints them');
}

function parseScratchUrl(text: string): string {
  if (URL.canParse(text) && /^(postgres(ql)?|mysql|mariadb|sqlserver|mssql):$/.test(new URL(text).protocol))
    return text;
  throw new Error('the connection URL of a server, as postgresql://user:password@host:5432');
}

function parseSchedule(text: string): string {
  if (/^\S+( +\S+){4}$/.test(text) && comesTrue(text)) return text;
  throw new Error('a cron pattern of five fields, in UTC, that comes true some day, as 0 3 * * *');
}

function comesTrue(pattern: string): boolean {
  try {
    return new Cron(pattern, { timezone: 'UTC', paused: true }).nextRun() !== null;
  } catch {
    return false;
  }
}

function parseLogLevel(text: string): LogLevel {
  const level = LOG_LEVELS.find((known) => known === text.toLowerCase());
  if (level !== undefined) return level;
  throw new Error(`one of ${LOG_LEVELS.join(', ')}`);
}

function parseRoots(text: string): readonly string[] {
  const roots = text.split(':');
  if (roots.every((root) => root.startsWith('/'))) return roots.map((root) => resolve(root));
  throw new Error('absolute paths of folders, separated by colons');
}

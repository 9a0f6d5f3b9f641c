import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess, ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, copyFile, mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { createConnection } from 'mysql2/promise';
import type { Connection } from 'mysql2/promise';
import type { TestCertificates } from './certificates.js';
import { TempDir } from './temp-dir.js';
import { copyFolder, getTemplate } from './templates.js';

const SERVER = 'mariadbd';
const NEEDED = ['mariadb-install-db', SERVER, 'mariadb', 'mariadb-dump'];
/** Of the size that a server makes it, most of each test's copy would be an empty log. */
const LOG_SIZE = { 'innodb-log-file-size': '16M' };
/** Where packages put the server, which the PATH of an ordinary user lacks. */
const PATH = `${process.env.PATH ?? ''}:/usr/sbin:/usr/local/sbin`;
const isRoot = process.getuid?.() === 0;
/** The system user that a server runs as when root starts it. */
const account = isRoot ? findAccount('mysql') : null;

export const mariadbProgramsFault = findFault();

/** Whether a `MariadbServer` can be started. Pass it to `describe.skipIf(!…)`. */
export const hasMariadbPrograms = mariadbProgramsFault === null;

interface ServerOptions {
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes it a server with TLS. */
  readonly certificates?: TestCertificates;
}

interface UrlParts {
  readonly user?: string;
  readonly password?: string;
  readonly host?: string;
  readonly database?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** A server of its own, removed when it is disposed of. Its root has no password. */
export class MariadbServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: TempDir;
  #settings: Readonly<Record<string, string>> = {};
  #child: ChildProcess | null = null;
  readonly #log: string[] = [];

  private constructor(dir: TempDir, port: number) {
    this.#dir = dir;
    this.port = port;
  }

  static async start({ settings = {}, certificates }: ServerOptions = {}): Promise<MariadbServer> {
    const dir = await TempDir.createInMemory();
    await giveAway(dir.path);
    const server = new MariadbServer(dir, await findFreePort());
    await copyFolder(await getTemplate('mariadb', (data) => initialize(data, dir)), server.#data);
    server.#settings = {
      ...settings,
      ...(certificates !== undefined && (await server.#takeCertificate(certificates))),
    };
    await server.restart();
    // Names are not resolved, so that an account of the machine's name would be one that the server does not know.
    await server.sql("EXECUTE IMMEDIATE CONCAT('DROP USER IF EXISTS root@', QUOTE(@@hostname))");
    return server;
  }

  get #data(): string {
    return this.#dir.join('data');
  }

  get socket(): string {
    return this.#dir.join('socket');
  }

  url({ user = 'root', password = '', host = '127.0.0.1', database = '', parameters = {} }: UrlParts = {}): string {
    const url = new URL(`mariadb://${host}:${this.port}/${encodeURIComponent(database)}`);
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** A connection of its own as root; the caller ends it. */
  async connect(database?: string): Promise<Connection> {
    const place = database === undefined ? {} : { database };
    return createConnection({
      ...{ socketPath: this.socket, user: 'root', multipleStatements: true, ...place },
      ...{ supportBigNumbers: true, bigNumberStrings: true, dateStrings: true, charset: 'utf8mb4' },
    });
  }

  /** Runs statements as root, and gives the rows of the last one that has any. */
  async sql(text: string, database?: string): Promise<any[]> {
    const connection = await this.connect(database);
    try {
      const [rows] = await connection.query(text);
      return rows as any[];
    } finally {
      await connection.end();
    }
  }

  async createDatabase(name: string): Promise<void> {
    await this.sql(`CREATE DATABASE ${quoted(name)}`);
  }

  /** Feeds a script to the mariadb program as root, as one who restores by hand does; resolves with its output. @param options more of the program's */
  async run(script: Buffer | string, database?: string, options: readonly string[] = []): Promise<string> {
    const place = database === undefined ? [] : [`--database=${database}`];
    const args = [
      '--no-defaults',
      `--socket=${this.socket}`,
      '--user=root',
      '--default-character-set=utf8mb4',
      // Without them the program takes comments out of routines, and line ends with a carriage return.
      '--comments',
      '--binary-mode',
      ...options,
      ...place,
    ];
    return runProgram('mariadb', args, Buffer.from(script));
  }

  /** Starts it once it was stopped or killed. */
  async restart(): Promise<void> {
    const own = {
      datadir: this.#data,
      // Servers that share one remove each other's temporary tables as they start.
      tmpdir: this.#dir.path,
      socket: this.socket,
      port: this.port.toString(),
      'pid-file': this.#dir.join('pid'),
      'bind-address': '127.0.0.1',
      'innodb-buffer-pool-size': '16M',
      'innodb-flush-log-at-trx-commit': '0',
      ...LOG_SIZE,
      'skip-name-resolve': 'ON',
      ...(account === null ? {} : { user: 'mysql' }),
    };
    const options = { stdio: ['ignore', 'ignore', 'pipe'] as ['ignore', 'ignore', 'pipe'], cwd: '/', env: { PATH } };
    const child = spawn(SERVER, ['--no-defaults', ...toOptions({ ...own, ...this.#settings })], options);
    this.#child = child;
    await this.#untilReady(child);
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** A second server that follows this one, which needs the setting log-bin. */
  async replica(settings: Readonly<Record<string, string>> = {}): Promise<MariadbServer> {
    const replica = await MariadbServer.start({ settings: { 'server-id': '2', ...settings } });
    await replica.sql(
      `CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=${this.port}, MASTER_USER='root', MASTER_SSL=0, MASTER_USE_GTID=slave_pos;
       START SLAVE`,
    );
    await this.sql('CREATE DATABASE IF NOT EXISTS replicated');
    const [{ position }] = await this.sql('SELECT @@gtid_binlog_pos AS position');
    await replica.sql(`SELECT MASTER_GTID_WAIT('${String(position)}', 30)`);
    return replica;
  }

  /** What it has said since it was first started. */
  log(): string {
    return this.#log.join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.#dir[Symbol.asyncDispose]();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = null;
    if (child?.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** It tells when it takes connections. */
  async #untilReady(child: ChildProcessByStdio<null, null, Readable>): Promise<void> {
    const lines = createInterface(child.stderr);
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        this.#log.push(line);
        if (line.includes('ready for connections')) resolve();
      });
      lines.once('close', () => {
        reject(new Error(`mariadbd has ended: ${this.log()}`));
      });
    });
  }

  async #takeCertificate({ rootCert, serverCert, serverKey }: TestCertificates): Promise<Record<string, string>> {
    const files = { 'ssl-ca': rootCert, 'ssl-cert': serverCert, 'ssl-key': serverKey };
    const settings: Record<string, string> = {};
    for (const [name, from] of Object.entries(files)) {
      const to = this.#dir.join(name);
      await copyFile(from, to);
      await giveAway(to);
      await chmod(to, 0o600);
      settings[name] = to;
    }
    return settings;
  }
}

async function initialize(data: string, scratch: TempDir): Promise<void> {
  await mkdir(data);
  await giveAway(data);
  const user = account === null ? [] : ['--user=mysql'];
  await runProgram('mariadb-install-db', [
    ...['--no-defaults', `--datadir=${data}`, `--tmpdir=${scratch.path}`, '--skip-test-db', ...user],
    ...['--auth-root-authentication-method=normal', ...toOptions(LOG_SIZE)],
  ]);
}

function toOptions(settings: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
}

/** An identifier as a statement takes it. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

async function runProgram(name: string, args: readonly string[], input?: Buffer): Promise<string> {
  const child = spawn(name, args, { env: { LC_ALL: 'C', PATH }, cwd: '/' });
  const said: Buffer[] = [];
  const put: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => put.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return Buffer.concat(put).toString('utf8');
  throw new Error(`${name} ended with ${code ?? 'a signal'}: ${Buffer.concat(said).toString('utf8')}`);
}

/** Lets the server's own user have a file or folder. */
async function giveAway(path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

function findFault(): string | null {
  const missing = NEEDED.filter((name) => spawnSync(name, ['--version'], { env: { PATH } }).error !== undefined);
  if (missing.length > 0) return `There is no ${missing.join(', ')}: tests of the MariaDB engine are skipped`;
  if (isRoot && account === null) {
    return 'There is no user named mysql, and a server refuses to run as root: tests of the MariaDB engine are skipped';
  }
  return null;
}

function findAccount(name: string): { readonly uid: number; readonly gid: number } | null {
  const [uid, gid] = ['-u', '-g'].map((option) => Number(spawnSync('id', [option, name]).stdout.toString() || NaN));
  return uid === undefined || gid === undefined || Number.isNaN(uid + gid) ? null : { uid, gid };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

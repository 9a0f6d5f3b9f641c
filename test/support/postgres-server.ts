import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, chown, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import type { TestCertificates } from './certificates.js';
import { TempDir } from './temp-dir.js';
import { copyFolder, getTemplate } from './templates.js';

/** Where PostgreSQL's server programs are, the newest; null when they are not there. */
export const postgresProgramFolder = findPrograms();
/** The system user that a server runs as: it refuses to be root. Null = the one that the tests run as. */
const account = process.getuid?.() === 0 ? findAccount('postgres') : null;

export const postgresProgramsFault =
  postgresProgramFolder === null
    ? "PostgreSQL's server programs (initdb, postgres, pg_basebackup) are not there: tests of the PostgreSQL engine are skipped"
    : process.getuid?.() === 0 && account === null
      ? 'There is no user named postgres, and a server refuses to run as root: tests of the PostgreSQL engine are skipped'
      : null;

/** Whether a `PostgresServer` can be started. Pass it to `describe.skipIf(!…)`. */
export const hasPostgresPrograms = postgresProgramsFault === null;

interface ServerOptions {
  /** Lines of pg_hba.conf, besides those for the tests' own connections; by default everybody is let in. */
  readonly access?: readonly string[];
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

/** A cluster of its own for one test, removed when it is disposed of. Its superuser is postgres. */
export class PostgresServer implements AsyncDisposable {
  readonly port: number;
  readonly #dir: TempDir;

  private constructor(dir: TempDir, port: number) {
    this.#dir = dir;
    this.port = port;
  }

  static async start(options: ServerOptions = {}): Promise<PostgresServer> {
    const server = await PostgresServer.#prepare();
    await copyFolder(await getTemplate('postgres', initialize), server.#data);
    await server.#configure(options);
    await server.restart();
    return server;
  }

  static async #prepare(): Promise<PostgresServer> {
    const dir = await TempDir.createInMemory();
    await giveAway(dir.path);
    return new PostgresServer(dir, await findFreePort());
  }

  get #data(): string {
    return this.#dir.join('data');
  }

  /** The folder that its Unix socket is in. */
  get socketFolder(): string {
    return this.#dir.path;
  }

  url({ user = 'postgres', password = '', host = '127.0.0.1', database = '', parameters = {} }: UrlParts = {}): string {
    const url = new URL(`postgresql://${host}:${this.port}/${encodeURIComponent(database)}`);
    url.username = encodeURIComponent(user);
    url.password = encodeURIComponent(password);
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Runs statements as the superuser. */
  async sql(text: string, database = 'postgres', values: readonly unknown[] = []): Promise<any[]> {
    const client = new Client({ host: this.socketFolder, port: this.port, user: 'postgres', database });
    await client.connect();
    try {
      return (await client.query(text, values.length === 0 ? undefined : [...values])).rows;
    } finally {
      await client.end();
    }
  }

  async createDatabase(name: string): Promise<void> {
    await this.sql(`CREATE DATABASE "${name.replaceAll('"', '""')}" TEMPLATE template0`);
  }

  /** All but those that it has had from the start. */
  async dropDatabases(): Promise<void> {
    const own = "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'";
    for (const { datname } of await this.sql(own))
      await this.sql(`DROP DATABASE "${datname.replaceAll('"', '""')}" WITH (FORCE)`);
  }

  /** Runs a client program against it as the superuser; resolves with its output. */
  async run(program: string, args: readonly string[], input?: Buffer): Promise<string> {
    const env = { PGHOST: this.socketFolder, PGPORT: this.port.toString(), PGUSER: 'postgres' };
    return runProgram(program, args, { env, input });
  }

  async restart(): Promise<void> {
    await runProgram('pg_ctl', ['start', '-w', '-s', '-D', this.#data, '-l', this.#dir.join('log')], { quiet: true });
  }

  async stop(mode: 'fast' | 'immediate' = 'immediate'): Promise<void> {
    await runProgram('pg_ctl', ['stop', '-w', '-s', '-D', this.#data, '-m', mode], { quiet: true });
  }

  /** A second server that follows this one. */
  async standby(): Promise<PostgresServer> {
    const standby = await PostgresServer.#prepare();
    await this.run('pg_basebackup', ['-R', '-D', standby.#data, '-c', 'fast', '--no-sync']);
    await standby.#place();
    await standby.restart();
    return standby;
  }

  async promote(): Promise<void> {
    await runProgram('pg_ctl', ['promote', '-w', '-s', '-D', this.#data], { quiet: true });
  }

  async log(): Promise<string> {
    return readFile(this.#dir.join('log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop().catch(() => undefined);
    await this.#dir[Symbol.asyncDispose]();
  }

  async #configure({ access = ['host all all all trust'], settings = {}, certificates }: ServerOptions): Promise<void> {
    const lines = ['local all postgres trust', 'local replication postgres trust', ...access];
    await writeFile(join(this.#data, 'pg_hba.conf'), lines.map((line) => `${line}\n`).join(''));
    if (certificates !== undefined) await this.#takeCertificate(certificates);
    const own = {
      fsync: 'off',
      listen_addresses: '127.0.0.1',
      shared_buffers: '16MB',
      lc_messages: 'C',
      ...(certificates !== undefined && { ssl: 'on', ssl_ca_file: 'ca.crt' }),
      ...settings,
    };
    await this.#set(own);
    await this.#place();
  }

  /** Its port and socket, which no other server has. */
  async #place(): Promise<void> {
    await this.#set({ port: this.port.toString(), unix_socket_directories: this.socketFolder });
  }

  async #set(settings: Readonly<Record<string, string>>): Promise<void> {
    const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
    await appendFile(join(this.#data, 'postgresql.conf'), lines.join(''));
  }

  async #takeCertificate({ rootCert, serverCert, serverKey }: TestCertificates): Promise<void> {
    const files = { 'ca.crt': rootCert, 'server.crt': serverCert, 'server.key': serverKey };
    for (const [name, from] of Object.entries(files)) {
      const to = join(this.#data, name);
      await copyFile(from, to);
      await giveAway(to);
      await chmod(to, 0o600);
    }
  }
}

async function initialize(data: string): Promise<void> {
  await mkdir(data);
  await giveAway(data);
  const options = ['--no-sync', '--wal-segsize=1', '-U', 'postgres', '-E', 'UTF8', '--locale=C'];
  await runProgram('initdb', [...options, '-D', data]);
}

interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: Buffer | undefined;
  /** For a program that leaves a server behind, which would keep its output open. */
  readonly quiet?: boolean;
}

async function runProgram(name: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { env = {}, input, quiet = false } = options;
  const child = spawn(join(postgresProgramFolder ?? '', name), args, {
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin', ...env },
    cwd: '/',
    stdio: quiet ? 'ignore' : 'pipe',
    ...(account ?? {}),
  });
  const said: Buffer[] = [];
  const put: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => put.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => said.push(chunk));
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return Buffer.concat(put).toString('utf8');
  throw new Error(`${name} ended with ${code ?? 'a signal'}: ${Buffer.concat(said).toString('utf8')}`);
}

/** Lets the server's own user have a file or folder. */
async function giveAway(path: string): Promise<void> {
  if (account !== null) await chown(path, account.uid, account.gid);
}

function findPrograms(): string | null {
  const packaged = existsSync('/usr/lib/postgresql')
    ? readdirSync('/usr/lib/postgresql')
        .sort((a, b) => Number(b) - Number(a))
        .map((version) => join('/usr/lib/postgresql', version, 'bin'))
    : [];
  const inPath = (process.env.PATH ?? '')
    .split(':')
    .map((folder) => join(folder, 'initdb'))
    .filter((path) => existsSync(path))
    .map((path) => dirname(realpathSync(path)));
  const needed = ['initdb', 'postgres', 'pg_ctl', 'pg_basebackup', 'pg_dump', 'pg_restore', 'psql'];
  const isWhole = (folder: string): boolean => needed.every((name) => existsSync(join(folder, name)));
  return [...packaged, ...inPath].find(isWhole) ?? null;
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

import { randomUUID } from 'node:crypto';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { browserFault } from './browser.js';
import { opensslFault } from './certificates.js';
import { mariadbProgramsFault } from './mariadb-server.js';
import { sqlServerFault } from './sqlserver/real-sqlserver.js';
import { postgresProgramsFault } from './postgres-server.js';
import { askForPostgres } from './shared-postgres.js';
import { ageProgramFault, zstdProgramFault } from './store.js';

/** Of a server that is there; without it, the tests share one of their own. */
const POSTGRES_URL = process.env.TEST_POSTGRES_URL;
const MARIADB_URL = process.env.TEST_MARIADB_URL ?? 'mariadb://root@127.0.0.1:3306';
/** Set where every service is there: then a missing one fails the tests instead of skipping them. */
const ARE_REQUIRED = process.env.REQUIRE_SERVICES === '1';

async function findPostgresFault(): Promise<string | null> {
  if (POSTGRES_URL === undefined) return postgresProgramsFault;
  const client = new Client({ connectionString: POSTGRES_URL, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.end();
    return null;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return `PostgreSQL is not there (TEST_POSTGRES_URL, ${reason}): tests that need it are skipped`;
  }
}

const postgresFault = await findPostgresFault();

/** Whether the tests that need PostgreSQL can run. Pass it to `describe.skipIf(!…)`. */
export const hasPostgres = postgresFault === null;

async function findMariadbFault(): Promise<string | null> {
  return asMariadbAdmin('SELECT 1').then(
    () => null,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

const mariadbFault = await findMariadbFault();

/** Whether the tests that need a running MariaDB can run. Pass it to `describe.skipIf(!…)`. */
export const hasMariadb = mariadbFault === null;

/** @throws Error when a service is missing and REQUIRE_SERVICES is set */
export function printMissingServices(): void {
  // Nobody can be asked to have one: it is not required even where services are.
  if (sqlServerFault !== null) console.warn(sqlServerFault);
  const faults = [postgresFault, postgresProgramsFault, mariadbProgramsFault, opensslFault];
  for (const reason of new Set([...faults, browserFault, zstdProgramFault, ageProgramFault])) {
    if (reason === null) continue;
    if (ARE_REQUIRED) throw new Error(`${reason}, and REQUIRE_SERVICES is set.`);
    console.warn(reason);
  }
}

/** A database of its own for one test, dropped when it is disposed of. */
export class ScratchPostgres implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;

  private constructor(name: string, serverUrl: string) {
    this.#name = name;
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    this.url = url.href;
  }

  /** @param source what it is a copy of, which nobody is connected to; by default it is empty */
  static async create(source?: ScratchPostgres): Promise<ScratchPostgres> {
    const name = `rds_test_${randomUUID().replaceAll('-', '')}`;
    await asAdmin(`CREATE DATABASE ${name} TEMPLATE ${source === undefined ? 'template1' : source.#name}`);
    return new ScratchPostgres(name, await findAdminUrl());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await asAdmin(`DROP DATABASE ${this.#name} WITH (FORCE)`);
  }
}

async function findAdminUrl(): Promise<string> {
  return POSTGRES_URL ?? askForPostgres();
}

async function asAdmin(sql: string): Promise<void> {
  const client = new Client({ connectionString: await findAdminUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** A database of its own for one test on the running MariaDB, dropped when it is disposed of. */
export class ScratchMariadb implements AsyncDisposable {
  /** Of the server, as its administrator. */
  readonly url = MARIADB_URL;
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  static async create(): Promise<ScratchMariadb> {
    const name = `rds_test_${randomUUID().replaceAll('-', '')}`;
    await asMariadbAdmin(`CREATE DATABASE ${name}`);
    return new ScratchMariadb(name);
  }

  /** Runs statements in the database. */
  async sql(text: string): Promise<unknown> {
    return asMariadbAdmin(`USE ${this.name}; ${text}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await asMariadbAdmin(`DROP DATABASE ${this.name}`);
  }
}

async function asMariadbAdmin(sql: string): Promise<unknown> {
  const uri = MARIADB_URL.replace(/^mariadb:/, 'mysql:');
  const connection = await createConnection({ uri, multipleStatements: true, connectTimeout: 2000 });
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.end();
  }
}

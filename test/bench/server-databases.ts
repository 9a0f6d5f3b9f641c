import { readdir } from 'node:fs/promises';
import { createConnection } from 'mysql2/promise';
import type { RowDataPacket } from 'mysql2/promise';
import { Client } from 'pg';
import { runShell, runTool } from './native-tools.js';

/** A database on a server of its own kind, made for a run and dropped after it. */
export interface ServerDatabase extends AsyncDisposable {
  /** What the figures name it by. */
  readonly kind: string;
  /** Connection URL of the instance. */
  readonly url: string;
  readonly name: string;
  readonly sizeBytes: number;
  /** The largest by far. */
  readonly table: string;
  /** The beginning of a line of shell: one of the product's programs, connected to the server. */
  readonly toClient: (program: string) => string;
  /** Ways to dump it by hand, each a line of shell that leaves out where to write. */
  readonly native: { readonly fast: string; readonly usual: string };
}

interface PostgresOrder {
  readonly kind: string;
  readonly name: string;
  readonly sizeBytes: number;
}

const POSTGRES_URL = process.env.TEST_POSTGRES_URL ?? 'postgresql://postgres@127.0.0.1:5432/postgres';
const MARIADB_URL = process.env.TEST_MARIADB_URL ?? 'mariadb://root@127.0.0.1:3306';
const NAME = 'rds_bench_dump';
/** Bytes that one unit of pgbench's scale takes. */
const PGBENCH_SCALE_BYTES = 15.8e6;
/** Bytes that a row of the MariaDB table takes. */
const ROW_BYTES = 275;
const ROWS_AT_ONCE = 250_000;

/** pgbench's tables, whose rows are mostly blanks. Null, with the reason printed, when there is no server. */
export async function createBlankPostgres(sizeBytes: number): Promise<ServerDatabase | null> {
  return createPostgresDatabase({ kind: 'PostgreSQL', name: NAME, sizeBytes });
}

/** The same, with hexadecimal digits in place of the blanks, as applications have texts. */
export async function createFilledPostgres(sizeBytes: number): Promise<ServerDatabase | null> {
  const database = await createPostgresDatabase({ kind: 'PostgreSQL, filled', name: `${NAME}_filled`, sizeBytes });
  if (database === null) return null;
  const url = new URL(POSTGRES_URL);
  url.pathname = `/${database.name}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await client.query(`
    CREATE TABLE accounts AS SELECT aid, bid, abalance, (md5(aid::text) || md5((aid * 7)::text) || md5(bid::text))::char(84) AS filler FROM pgbench_accounts;
    ALTER TABLE accounts ADD PRIMARY KEY (aid);
    DROP TABLE pgbench_accounts`);
  await client.end();
  return { ...database, table: 'accounts' };
}

async function createPostgresDatabase({ kind, name, sizeBytes }: PostgresOrder): Promise<ServerDatabase | null> {
  const { hostname, port, username, password } = new URL(POSTGRES_URL);
  const client = new Client({ connectionString: POSTGRES_URL });
  if (!(await isThere('PostgreSQL', () => client.connect()))) return null;
  await client.query(`DROP DATABASE IF EXISTS ${name}`);
  await client.query(`CREATE DATABASE ${name}`);
  const bin = await findPostgresFolder();
  const at = `PGHOST=${hostname} PGPORT=${port || '5432'} PGUSER=${username} PGPASSWORD='${password}'`;
  const scale = Math.max(1, Math.round(sizeBytes / PGBENCH_SCALE_BYTES));
  await runShell(`${at} ${bin}/pgbench -i -q -s ${scale.toString()} ${name} 2>&1`);
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size($1) AS size', [name]);
  const toClient = (program: string): string => `${at} ${bin}/${program}`;
  const dump = `${toClient('pg_dump')} -Fc`;
  return {
    kind,
    url: POSTGRES_URL,
    name,
    sizeBytes: Number(rows[0]?.size),
    table: 'pgbench_accounts',
    toClient,
    native: { fast: `${dump} -Z0 ${name} | zstd -q -3`, usual: `${dump} ${name}` },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await client.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await client.end();
    },
  };
}

/** A table of short numbers and long digits, as sysbench's. Null, with the reason printed, when there is no server. */
export async function createMariadbDatabase(sizeBytes: number): Promise<ServerDatabase | null> {
  const { hostname, port, username, password } = new URL(MARIADB_URL);
  const connect = async (): Promise<Awaited<ReturnType<typeof createConnection>>> =>
    createConnection({ host: hostname, port: Number(port || '3306'), user: username, password });
  if (!(await isThere('MariaDB', async () => (await connect()).end()))) return null;
  const connection = await connect();
  await connection.query(`DROP DATABASE IF EXISTS ${NAME}`);
  await connection.query(`CREATE DATABASE ${NAME}`);
  await connection.query(
    `CREATE TABLE ${NAME}.orders (id INT PRIMARY KEY, k INT NOT NULL, c CHAR(120) NOT NULL, pad CHAR(60) NOT NULL, KEY (k))`,
  );
  const rows = Math.max(1, Math.round(sizeBytes / ROW_BYTES));
  for (let from = 1; from <= rows; from += ROWS_AT_ONCE) {
    const to = Math.min(rows, from + ROWS_AT_ONCE - 1);
    await connection.query(
      `INSERT INTO ${NAME}.orders SELECT seq, seq * 7919 % 1000000, ${digits(6, 120)}, ${digits(3, 60)} FROM ${NAME}.seq_${from.toString()}_to_${to.toString()}`,
    );
  }
  await connection.query(`ANALYZE TABLE ${NAME}.orders`);
  const [found] = await connection.query<RowDataPacket[]>(
    'SELECT SUM(DATA_LENGTH + INDEX_LENGTH) AS size FROM information_schema.TABLES WHERE TABLE_SCHEMA = ?',
    [NAME],
  );
  const toClient = (program: string): string =>
    `MYSQL_PWD='${password}' ${program} -h ${hostname} -P ${port || '3306'} -u ${username}`;
  const dump = `${toClient('mariadb-dump')} --single-transaction --quick --routines --events --triggers --hex-blob --no-tablespaces ${NAME}`;
  return {
    kind: 'MariaDB',
    url: MARIADB_URL,
    name: NAME,
    sizeBytes: Number(found[0]?.size),
    table: 'orders',
    toClient,
    native: { fast: `${dump} | zstd -q -3`, usual: `${dump} | gzip` },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await connection.query(`DROP DATABASE ${NAME}`);
      await connection.end();
    },
  };
}

/** An SQL expression: random digits in groups. */
function digits(groups: number, length: number): string {
  return `LEFT(CONCAT_WS('-', ${Array.from({ length: groups }, () => 'RAND()').join(', ')}), ${length.toString()})`;
}

async function isThere(what: string, connect: () => Promise<unknown>): Promise<boolean> {
  try {
    await connect();
    await runTool('zstd', ['--version']);
    return true;
  } catch (error) {
    console.log(`${what} is not there (${error instanceof Error ? error.message : String(error)}): it is left out`);
    return false;
  }
}

/** Where the programs of one version are. */
async function findPostgresFolder(): Promise<string> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root);
  return `${root}/${versions.sort((a, b) => Number(a) - Number(b)).at(-1) ?? ''}/bin`;
}

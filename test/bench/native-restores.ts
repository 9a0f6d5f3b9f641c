import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SampleDatabase } from './sample-database.js';
import type { ServerDatabase } from './server-databases.js';
import { runShell } from './native-tools.js';

/** How an operator restores a stored dump by hand. Names are the bench's own, and need no quotes. */
export interface NativeRestore {
  /** Makes what has to be there before a dump can be loaded; what has the name goes. */
  create(name: string): Promise<void>;
  drop(name: string): Promise<void>;
  /** In the table that the sample is made of. */
  countRows(name: string): Promise<number>;
  /** A line of shell that loads a dump, and does no more. */
  plain(dump: string, name: string): string;
  /** The same, and what should follow it before anybody relies on the data. Null where nothing should. */
  readonly thorough: ((dump: string, name: string) => string) | null;
}

/** A database that is backed up and restored, each of them by the product and by hand. */
export interface RestoreSubject {
  readonly kind: string;
  /** Of the instance that is backed up. */
  readonly sourceUrl: string;
  /** Of the instance that is restored to. */
  readonly targetUrl: string;
  readonly database: string;
  readonly sizeBytes: number;
  readonly rows: number;
  readonly native: NativeRestore;
}

/** @param folder that is restored to */
export async function toSqliteSubject({ path, sizeBytes }: SampleDatabase, folder: string): Promise<RestoreSubject> {
  // A folder is no instance before it holds a database.
  await runShell(`sqlite3 ${join(folder, 'other.db')} 'CREATE TABLE other (id INTEGER PRIMARY KEY)'`);
  const fileOf = (name: string): string => join(folder, name);
  const countRows = async (file: string): Promise<number> =>
    Number(await runShell(`sqlite3 ${file} 'SELECT count(*) FROM orders'`));
  const remove = async (name: string): Promise<void> => {
    for (const ending of ['', '-wal', '-shm']) await rm(`${fileOf(name)}${ending}`, { force: true });
  };
  const plain = (dump: string, name: string): string => `zstd -q -dc ${dump} > ${fileOf(name)}`;
  return {
    kind: 'SQLite',
    sourceUrl: `sqlite:${path}`,
    targetUrl: `sqlite:${folder}`,
    database: 'large.db',
    sizeBytes,
    rows: await countRows(path),
    native: {
      create: remove,
      drop: remove,
      countRows: (name) => countRows(fileOf(name)),
      plain,
      thorough: (dump, name) =>
        `${plain(dump, name)} && sync ${fileOf(name)} && test "$(sqlite3 ${fileOf(name)} 'PRAGMA integrity_check')" = ok`,
    },
  };
}

export async function toServerSubject(source: ServerDatabase): Promise<RestoreSubject> {
  const native = source.kind === 'MariaDB' ? toMariadbRestore(source) : toPostgresRestore(source);
  const { kind, url, name: database, sizeBytes } = source;
  const rows = await native.countRows(database);
  return { kind, sourceUrl: url, targetUrl: url, database, sizeBytes, rows, native };
}

function toPostgresRestore({ table, toClient }: ServerDatabase): NativeRestore {
  const ask = async (sql: string, database: string): Promise<string> =>
    runShell(`${toClient('psql')} -X -A -t -q -v ON_ERROR_STOP=1 -d ${database} -c '${sql}'`);
  const drop = async (name: string): Promise<void> => {
    await ask(`DROP DATABASE IF EXISTS ${name}`, 'postgres');
  };
  const plain = (dump: string, name: string): string =>
    `zstd -q -dc ${dump} | ${toClient('pg_restore')} --exit-on-error -d ${name}`;
  return {
    create: async (name) => {
      await drop(name);
      await ask(`CREATE DATABASE ${name}`, 'postgres');
    },
    drop,
    countRows: async (name) => Number(await ask(`SELECT count(*) FROM ${table}`, name)),
    plain,
    thorough: (dump, name) => `${plain(dump, name)} && ${toClient('psql')} -X -q -d ${name} -c ANALYZE`,
  };
}

function toMariadbRestore({ table, toClient }: ServerDatabase): NativeRestore {
  const ask = async (sql: string): Promise<string> => runShell(`${toClient('mariadb')} -N -B -e '${sql}'`);
  const drop = async (name: string): Promise<void> => {
    await ask(`DROP DATABASE IF EXISTS ${name}`);
  };
  return {
    create: async (name) => {
      await drop(name);
      await ask(`CREATE DATABASE ${name}`);
    },
    drop,
    countRows: async (name) => Number(await ask(`SELECT COUNT(*) FROM ${name}.${table}`)),
    plain: (dump, name) => `zstd -q -dc ${dump} | ${toClient('mariadb')} ${name}`,
    thorough: null,
  };
}

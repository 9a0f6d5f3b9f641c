import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';
import { MariadbServer } from './mariadb-server.js';
import { postgresProgramFolder, PostgresServer } from './postgres-server.js';

/** Rows of some 1 kB, hardly compressible: a table is more than any buffer on a dump's way holds. */
const ROWS = 12_000;

/** A server with the database `shop`, of two large tables: `early` and `late`, dumped in this order. */
export interface ShopServer extends AsyncDisposable {
  /** The program that dumps it, and where that is. */
  readonly tool: string;
  readonly toolPath: string;
  url(user?: string): string;
  /** Makes the database anew, and the user `clerk`, who may read all of it. */
  reset(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Ends all connections to the database. */
  terminate(): Promise<void>;
  /** Resolves once the database is gone, or goes as soon as nobody stands in the way. */
  dropDatabase(): Promise<void>;
  /** From now on `clerk` may not read the table `late`. */
  restrictClerk(): Promise<void>;
}

export async function startPostgresShop(): Promise<ShopServer> {
  const server = await PostgresServer.start();
  await server.sql('CREATE ROLE clerk LOGIN');
  return {
    tool: 'pg_dump',
    toolPath: join(postgresProgramFolder ?? '', 'pg_dump'),
    url: (user = 'postgres') => server.url({ user }),
    reset: async (): Promise<void> => {
      await server.sql('DROP DATABASE IF EXISTS shop WITH (FORCE)');
      await server.createDatabase('shop');
      for (const table of ['early', 'late']) {
        const content = Array.from({ length: 32 }, () => 'md5(random()::text)').join(' || ');
        await server.sql(
          `CREATE TABLE ${table} AS SELECT i AS id, ${content} AS c FROM generate_series(1, ${ROWS}) i; GRANT SELECT ON ${table} TO clerk`,
          'shop',
        );
      }
    },
    stop: () => server.stop('immediate'),
    restart: () => server.restart(),
    terminate: async (): Promise<void> => {
      await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'");
    },
    dropDatabase: async (): Promise<void> => {
      await server.sql('DROP DATABASE shop WITH (FORCE)');
    },
    restrictClerk: async (): Promise<void> => {
      await server.sql('REVOKE SELECT ON late FROM clerk', 'shop');
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

export async function startMariadbShop(): Promise<ShopServer> {
  const server = await MariadbServer.start();
  return {
    tool: 'mariadb-dump',
    toolPath: execFileSync('sh', ['-c', 'readlink -f "$(command -v mariadb-dump)"'], { encoding: 'utf8' }).trim(),
    url: (user = 'root') => server.url({ user }),
    reset: async (): Promise<void> => {
      await server.sql('DROP DATABASE IF EXISTS shop; CREATE DATABASE shop; CREATE OR REPLACE USER clerk');
      for (const table of ['early', 'late']) {
        const content = Array.from({ length: 8 }, () => 'SHA2(RAND(), 512)').join(', ');
        await server.sql(
          `CREATE TABLE ${table} (id INT PRIMARY KEY, c TEXT); INSERT INTO ${table} SELECT seq, CONCAT(${content}) FROM seq_1_to_${ROWS}`,
          'shop',
        );
      }
      await server.sql('GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON shop.* TO clerk; GRANT SELECT ON mysql.* TO clerk');
    },
    stop: () => server.kill(),
    restart: () => server.restart(),
    terminate: async (): Promise<void> => {
      const connections = await server.sql("SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = 'shop'");
      for (const { id } of connections) await server.sql(`KILL CONNECTION ${String(id)}`);
    },
    dropDatabase: async (): Promise<void> => {
      // The dump holds the table that it is reading.
      void server.sql('DROP DATABASE shop').catch(() => undefined);
      const waiting =
        "SELECT 1 FROM information_schema.PROCESSLIST WHERE STATE LIKE 'Waiting for table metadata lock%'";
      await expect.poll(() => server.sql(waiting)).toHaveLength(1);
    },
    restrictClerk: async (): Promise<void> => {
      await server.sql('REVOKE SELECT ON shop.* FROM clerk; GRANT SELECT ON shop.early TO clerk');
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

import { afterAll, beforeAll, describe } from 'vitest';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { CONTENTS, ODD_NAMES } from '../support/postgres-samples.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseRestorerContract } from './database-restorer.contract.js';
import type { RestorerSubject } from './restorer-subject.js';

const [SHOP, STOCK] = ['Shop 1', 'stock'] as const;

async function createSubject(server: PostgresServer): Promise<RestorerSubject> {
  const scratch = await TempDir.create();
  for (const [name, rows] of [
    [SHOP, 3000],
    [STOCK, 5],
  ] as const) {
    await server.createDatabase(name);
    await server.sql('CREATE SCHEMA "Odd"; CREATE TABLE "Odd"."A b" (n int); CREATE TABLE plain (i int)', name);
    await server.sql('CREATE TABLE items (id int PRIMARY KEY, content text NOT NULL)', name);
    await server.sql(`INSERT INTO items SELECT i, repeat(md5(i::text), 3) FROM generate_series(1, ${rows}) i`, name);
  }
  return {
    createEngine: createPostgresqlEngine,
    url: server.url(),
    databases: [SHOP, STOCK],
    oddNames: [...ODD_NAMES, 'ü'.repeat(31)],
    faultyNames: ['', 'x'.repeat(64), 'ü'.repeat(32), 'a\0b', 'postgres', 'template0', `rds_restore_${'a'.repeat(24)}`],
    proofUrl: server.url(),
    scratch,
    listEverything: async () =>
      (await server.sql('SELECT datname FROM pg_database UNION ALL SELECT rolname FROM pg_roles ORDER BY 1')).map(
        ({ datname }) => datname,
      ),
    contentOf: async (database) => server.sql(CONTENTS, database),
    countRows: async (database) => {
      const tables = ['"Odd"."A b"', 'public.items', 'public.plain'];
      return Promise.all(
        tables.map(async (name) => {
          const [{ rows }] = await server.sql(`SELECT count(*)::int AS rows FROM ${name}`, database);
          return { name, rows };
        }),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await server.dropDatabases();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasPostgresPrograms)('the PostgreSQL engine keeps the contract of restores: it', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  databaseRestorerContract(() => createSubject(server));
});

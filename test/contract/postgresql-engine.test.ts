import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine, InstanceRole } from '../../src/domain/instance.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseEngineContract } from './database-engine.contract.js';
import type { EngineSubject } from './database-engine.contract.js';

const NAMES = ['Shop', 'a b', 'stock', 'Ünï'];
const ALL_ROWS = 'SELECT id, md5(content) AS content FROM items ORDER BY id';

/** The tests of the contract only read it, so that they can share one. */
async function createServer(): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  for (const name of NAMES) {
    await server.createDatabase(name);
    await server.sql('CREATE TABLE items (id int PRIMARY KEY, content text NOT NULL)', name);
    await server.sql(`INSERT INTO items SELECT i, repeat(md5(i::text), 30) FROM generate_series(1, 300) i`, name);
  }
  return server;
}

async function createSubject(server: PostgresServer): Promise<EngineSubject> {
  const scratch = await TempDir.create();
  return {
    engine: createPostgresqlEngine(),
    kind: Engine.POSTGRESQL,
    url: server.url(),
    missingUrl: 'postgresql://127.0.0.1:1',
    databases: NAMES,
    scratch,
    fingerprint: async () =>
      server.sql('SELECT datname, datacl::text FROM pg_database UNION SELECT rolname, NULL FROM pg_roles ORDER BY 1'),
    rowsOf: async (name) => server.sql(ALL_ROWS, name),
    restore: async (dump): Promise<unknown> => {
      const name = randomUUID();
      await server.createDatabase(name);
      await server.run('pg_restore', ['--exit-on-error', '--dbname', name], dump);
      const rows = await server.sql(ALL_ROWS, name);
      await server.sql(`DROP DATABASE "${name}"`);
      return rows;
    },
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  };
}

const { signal } = new AbortController();

describe.skipIf(!hasPostgresPrograms)('the PostgreSQL engine keeps the contract: it', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await createServer();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });
  databaseEngineContract(() => createSubject(server));
});

describe.skipIf(!hasPostgresPrograms)('the PostgreSQL engine', () => {
  const engine = createPostgresqlEngine();

  test('tells what the server is: version, endpoint, and which of its databases are system ones', async () => {
    await using server = await PostgresServer.start();
    await server.sql(`CREATE DATABASE mold IS_TEMPLATE true`);
    await server.sql(`CREATE DATABASE closed ALLOW_CONNECTIONS false`);
    await server.sql(`CREATE DATABASE rdsadmin`);

    const probe = await engine.probe(server.url(), signal);

    const [{ server_version: version }] = await server.sql('SHOW server_version');
    expect(version).toContain(probe.engineVersion);
    expect(probe).toMatchObject({
      role: InstanceRole.PRIMARY,
      url: server.url(),
      endpoint: `postgresql://127.0.0.1:${server.port}`,
    });
    expect(probe.databases.map(({ name, system }) => [name, system])).toEqual([
      ['closed', false],
      ['mold', false],
      ['postgres', true],
      ['rdsadmin', true],
      ['template0', true],
      ['template1', true],
    ]);
    expect(engine.systemParts(probe.databases).map(({ name }) => name)).toEqual(['globals', 'postgres']);
    const [{ size }] = await server.sql(`SELECT pg_database_size('mold')::int AS size`);
    expect(probe.databases[1]?.sizeBytes).toBe(size);
  });

  test('calls a server that follows another a standby, and a primary once it was promoted', async () => {
    await using server = await PostgresServer.start();
    await using standby = await server.standby();
    expect(await engine.checkHealth(standby.url(), signal)).toMatchObject({ role: InstanceRole.STANDBY });
    expect(await engine.probe(standby.url(), signal)).toMatchObject({ role: InstanceRole.STANDBY });

    await standby.promote();

    expect(await engine.checkHealth(standby.url(), signal)).toMatchObject({ role: InstanceRole.PRIMARY });
  });

  test('shows itself to the server by its name', async () => {
    await using server = await PostgresServer.start({ settings: { log_connections: 'on' } });
    await engine.checkHealth(server.url(), signal);
    expect(await server.log()).toContain('application_name=rds-backup-server');
  });
});

import { Client } from 'pg';
import { afterEach, describe, expect, test } from 'vitest';
import { DumpSnapshot } from '../../src/engines/postgresql/snapshot.js';
import { toServer } from '../../src/engines/postgresql/url.js';
import type { PostgresqlServer } from '../../src/engines/postgresql/url.js';
import { listChildren } from '../support/child-processes.js';
import { beginDump } from '../support/dumps.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { takeFrom } from '../support/postgres-restores.js';
import { RICH_SCHEMA } from '../support/postgres-samples.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();
const { signal } = new AbortController();

async function createShop(): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  await server.createDatabase('shop');
  await server.sql(
    'CREATE TABLE a AS SELECT i, repeat(md5(i::text), 100) AS t FROM generate_series(1, 5000) i',
    'shop',
  );
  await server.sql('CREATE TABLE b AS SELECT i FROM generate_series(1, 7) i', 'shop');
  return server;
}

async function sessionsOf(server: PostgresServer): Promise<number> {
  const rows = await server.sql("SELECT FROM pg_stat_activity WHERE datname = 'shop'");
  return rows.length;
}

async function untilNobodyIsIn(server: PostgresServer): Promise<void> {
  while ((await sessionsOf(server)) > 0);
}

async function untilSomebodyWaits(server: PostgresServer): Promise<void> {
  while ((await server.sql('SELECT FROM pg_locks WHERE NOT granted')).length === 0);
}

function shopOf(server: PostgresServer): PostgresqlServer {
  return toServer(server.url({ database: 'shop' }));
}

async function connectTo(server: PostgresServer): Promise<Client> {
  const client = new Client({ host: server.socketFolder, port: server.port, user: 'postgres', database: 'shop' });
  await client.connect();
  return client;
}

afterEach(async () => {
  expect((await listChildren()).filter((name) => name.startsWith('pg_'))).toEqual([]);
});

describe.skipIf(!hasPostgresPrograms)('the rows that are recorded of a PostgreSQL dump', () => {
  test('are those of every table that it holds rows of', async () => {
    await using server = await PostgresServer.start();
    await server.createDatabase('shop');
    await server.sql(RICH_SCHEMA, 'shop');
    const { contents } = await takeFrom(server.url(), 'shop');
    expect(contents?.tables).toEqual([
      { name: '"odd. ""Schema"""."Table-1.ö"', rows: 20 },
      { name: 'public.audit', rows: 1 },
      { name: 'public.child', rows: 1 },
      { name: 'public.counts', rows: null },
      { name: 'public.empty_table', rows: 0 },
      { name: 'public.hasty', rows: 1 },
      { name: 'public.no_columns', rows: 1 },
      { name: 'public.orders_2023', rows: 213 },
      { name: 'public.orders_rest', rows: 187 },
      { name: 'public.parent', rows: 0 },
      { name: 'public.people', rows: 505 },
    ]);
    await untilNobodyIsIn(server);
  });

  test('are those of its own moment, whatever is written meanwhile', async () => {
    await using server = await createShop();
    await using scratch = await TempDir.create();
    await using dump = await beginDump({ engine, url: server.url(), name: 'shop', scratch });
    let isFirst = true;
    for await (const _chunk of dump.content) {
      if (isFirst) await server.sql('DELETE FROM a; INSERT INTO b VALUES (1)', 'shop');
      isFirst = false;
    }
    expect((await dump.completion)?.tables).toEqual([
      { name: 'public.a', rows: 5000 },
      { name: 'public.b', rows: 7 },
    ]);
  });

  test('are not known of a table that another waits to change, and nobody waits for that', async () => {
    await using server = await createShop();
    const snapshot = await DumpSnapshot.open(shopOf(server), signal);
    const dumper = await connectTo(server);
    await dumper.query('BEGIN; LOCK TABLE b IN ACCESS SHARE MODE');
    const changing = server.sql('ALTER TABLE b ADD n int', 'shop');
    await untilSomebodyWaits(server);

    snapshot.beginToCount();
    expect((await snapshot.readContents()).tables).toEqual([
      { name: 'public.a', rows: 5000 },
      { name: 'public.b', rows: null },
    ]);
    await dumper.end();
    await changing;
  });

  test.each([
    'TRUNCATE b',
    'ALTER TABLE b ALTER i TYPE bigint',
    'DROP TABLE b',
    'DROP TABLE b; CREATE TABLE b (i int)',
  ])('are not known of a table that is no longer the one that was dumped: %s', async (sql) => {
    await using server = await createShop();
    const snapshot = await DumpSnapshot.open(shopOf(server), signal);
    await server.sql(sql, 'shop');
    snapshot.beginToCount();
    expect((await snapshot.readContents()).tables).toEqual([
      { name: 'public.a', rows: 5000 },
      { name: 'public.b', rows: null },
    ]);
  });

  test('keep nobody from changing a table that was counted', async () => {
    await using server = await createShop();
    const snapshot = await DumpSnapshot.open(shopOf(server), signal);
    snapshot.beginToCount();
    await server.sql("SET lock_timeout = '9s'; ALTER TABLE a ADD n int; DROP TABLE b", 'shop');
    await snapshot.readContents();
  });

  test('are not known once the connection that counts is lost, and the dump is as good', async () => {
    await using server = await createShop();
    const snapshot = await DumpSnapshot.open(shopOf(server), signal);
    await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'");
    snapshot.beginToCount();
    const { tables, attributes } = await snapshot.readContents();
    expect(tables.map(({ rows }) => rows)).toEqual([null, null]);
    expect(attributes).toMatchObject({ owner: 'postgres' });
  });

  test('are not waited for when the dump is disposed of, and no connection stays', async () => {
    await using server = await createShop();
    await using scratch = await TempDir.create();
    const dump = await beginDump({ engine, url: server.url(), name: 'shop', scratch });
    dump.content.once('data', () => undefined);
    await dump[Symbol.asyncDispose]();
    await untilNobodyIsIn(server);
  });

  test('are not known where the server gives no snapshot, and the dump is as good', async () => {
    await using server = await createShop();
    await server.sql('ALTER DATABASE shop SET default_transaction_isolation = serializable', 'postgres');
    await server.sql('REVOKE EXECUTE ON FUNCTION pg_export_snapshot() FROM PUBLIC', 'shop');
    await server.sql('CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup');
    const { contents, bytes } = await takeFrom(server.url({ user: 'backup' }), 'shop');
    expect(bytes.length).toBeGreaterThan(100_000);
    expect(contents?.tables).toEqual([
      { name: 'public.a', rows: null },
      { name: 'public.b', rows: null },
    ]);
    expect(contents?.attributes).toMatchObject({ encoding: 'UTF8', owner: 'postgres' });
  });
});

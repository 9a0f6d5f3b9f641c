import { afterEach, describe, expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { listChildren } from '../support/child-processes.js';
import { errorOf } from '../support/dumps.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { databasesOf, restoreTo, takeFrom } from '../support/postgres-restores.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { aim, chunksOf, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();
const OWNER_NEEDED = /may not act as the role "owner", .* GRANT "owner" TO "plain";/;

interface Source {
  readonly server: PostgresServer;
  readonly dump: TakenDump;
}

async function createSource(sql: string, whole = ''): Promise<Source> {
  const server = await PostgresServer.start();
  await server.sql('CREATE ROLE owner; CREATE ROLE plain LOGIN CREATEDB; CREATE ROLE mere LOGIN');
  await server.createDatabase('shop');
  await server.sql(sql, 'shop');
  if (whole !== '') await server.sql(whole);
  return { server, dump: await takeFrom(server.url(), 'shop') };
}

function failed(message: RegExp): object {
  return {
    name: 'RestoreFailedError',
    code: RestoreFailureCode.RESTORE_FAILED,
    message: expect.stringMatching(message),
  };
}

afterEach(async () => {
  expect((await listChildren()).filter((name) => name.startsWith('pg_'))).toEqual([]);
});

describe.skipIf(!hasPostgresPrograms)('a restore to PostgreSQL fails with what to do about it', () => {
  test.each([
    ['where a role is missing', 'CREATE TABLE t (); ALTER TABLE t OWNER TO owner', ''],
    ['where the owner is missing', 'SELECT', 'ALTER DATABASE shop OWNER TO owner'],
    ['where somebody is missing who had a right', 'SELECT', 'GRANT CREATE ON DATABASE shop TO owner'],
    ['where somebody is missing who had settings', 'SELECT', "ALTER ROLE owner IN DATABASE shop SET work_mem = '1MB'"],
  ])('%s', async (_what, sql, whole) => {
    const { server, dump } = await createSource(sql, whole);
    await using _server = server;
    await using other = await PostgresServer.start();
    const error = await errorOf(restoreTo(other.url(), dump, { database: 'copy' }));
    expect(error).toMatchObject(
      failed(
        /^Database copy cannot be restored: it needs the role "owner", which .* does not have\. Create it first: .*README/,
      ),
    );
    expect(await databasesOf(other)).toEqual([]);
  });

  test.each([
    ['mere', 'SELECT', /its user may not create databases\. .* ALTER ROLE "mere" CREATEDB;/],
    ['plain', 'CREATE TABLE t (); ALTER TABLE t OWNER TO owner', OWNER_NEEDED],
    ['plain', 'ALTER DATABASE shop OWNER TO owner', OWNER_NEEDED],
    ['plain', 'CREATE EXTENSION file_fdw', /may not create the extension file_fdw\./],
    ['plain', 'CREATE PUBLICATION p FOR ALL TABLES', /its user lacks a right \(must be superuser/],
  ] as const)('to the user %s, after %s', async (user, sql, message) => {
    const { server, dump } = await createSource(`ALTER DATABASE shop OWNER TO plain; ${sql}`);
    await using _server = server;
    const error = await errorOf(restoreTo(server.url({ user }), dump, { database: 'copy' }));
    expect(error).toMatchObject(failed(message));
    expect(await databasesOf(server)).toEqual(['shop']);
  });

  test('where the locale is not there', async () => {
    const { server, dump } = await createSource('SELECT');
    await using _server = server;
    const attributes = { ...dump.contents?.attributes, collate: 'xx_XX.UTF-8', ctype: 'xx_XX.UTF-8' };
    const contents = { tables: [], attributes };
    const error = await errorOf(restoreTo(server.url(), { ...dump, contents }, { database: 'copy' }));
    expect(error).toMatchObject(failed(/does not have the locale that it uses\. Install that there/));
  });

  test('and shows neither statements nor rows, which may hold secrets', async () => {
    const { server, dump } = await createSource(
      `CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;
       CREATE TABLE t (p text CHECK (length(p) > f())); INSERT INTO t VALUES ('hunter2');
       CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 100 -- ${'hunter2 '.repeat(2000)}
       $$`,
    );
    await using _server = server;
    const error = await errorOf(restoreTo(server.url(), dump, { database: 'copy' }));
    expect(error).toMatchObject(failed(/its rows break a rule of its own tables/));
    expect((error as Error).message).not.toContain('hunter2');
  });

  test.each(['stop', 'termination'])('as unreachable after a %s of the server meanwhile', async (how) => {
    const { server, dump } = await createSource(
      'CREATE TABLE t AS SELECT i, repeat(md5(i::text), 90) AS x FROM generate_series(1, 3000) i',
    );
    await using _server = server;
    await using scratch = await TempDir.create();
    const target = await aim({ url: server.url(), scratch }, { database: 'copy' });
    const content = (async function* (): AsyncGenerator<Uint8Array> {
      const half = dump.bytes.length / 2;
      yield* chunksOf(dump.bytes.subarray(0, half));
      await (how === 'stop' ? server.stop('immediate') : endLoading(server));
      yield* chunksOf(dump.bytes.subarray(half));
    })();
    const error = await errorOf(engine.stageRestore(target, toLoad(dump, content)));
    expect(error).toMatchObject({ code: RestoreFailureCode.ENGINE_UNREACHABLE });
    if (how === 'stop') await server.restart();
    await engine.abandonRestore(target);
    expect(await databasesOf(server)).toEqual(['shop']);
  });
});

async function endLoading(server: PostgresServer): Promise<void> {
  await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname LIKE 'rds_restore_%'");
}

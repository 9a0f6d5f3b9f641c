import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { errorOf, takeDump } from '../support/dumps.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();

/** A database with tables a to h, in which pg_dump comes to `a` first. */
async function createShop(): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  await server.createDatabase('shop');
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    await server.sql(`CREATE TABLE "${name}" AS SELECT i FROM generate_series(1, 1000) i`, 'shop');
  }
  return server;
}

/** Takes a dump that has its snapshot, and waits for its first lock, while something happens. */
async function dumpWhile(server: PostgresServer, sql: string, url = server.url()): Promise<Buffer> {
  await using scratch = await TempDir.create();
  const client = new Client({ host: server.socketFolder, port: server.port, user: 'postgres', database: 'shop' });
  await client.connect();
  try {
    await client.query('BEGIN; LOCK TABLE a');
    const dumping = takeDump({ engine, url, name: 'shop', scratch });
    await Promise.race([untilDumpWaits(server), dumping]);
    await server.sql(sql, 'shop');
    await client.query('COMMIT');
    return await dumping;
  } finally {
    await client.end();
  }
}

async function untilDumpWaits(server: PostgresServer): Promise<void> {
  let waiting: readonly unknown[] = [];
  while (waiting.length === 0) {
    waiting = await server.sql(`SELECT FROM pg_locks WHERE relation = 'a'::regclass AND NOT granted`, 'shop');
  }
}

async function countRows(server: PostgresServer, dump: Buffer, table: string): Promise<number> {
  await server.createDatabase('restored');
  await server.run('pg_restore', ['--exit-on-error', '--dbname', 'restored'], dump);
  const [{ n }] = await server.sql(`SELECT count(*)::int AS n FROM "${table}"`, 'restored');
  return n;
}

describe.skipIf(!hasPostgresPrograms)('a table of which pg_dump would see no rows fails the dump', () => {
  const EIGHT = ['b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name) => `TRUNCATE "${name}";`).join(' ');

  test.each([
    ['is emptied and filled again', 'TRUNCATE b; INSERT INTO b VALUES (1)', 'its table b was'],
    ['is rewritten', 'ALTER TABLE c ALTER i TYPE bigint', 'its table c was'],
    ['is replaced', 'DROP TABLE b; CREATE TABLE b AS SELECT 1 AS i', 'its table b was'],
    [
      'changes its name with another',
      'ALTER TABLE b RENAME TO x; ALTER TABLE c RENAME TO b; ALTER TABLE x RENAME TO c',
      'its tables b, c were',
    ],
    ['is one of many', EIGHT, 'its tables b, c, d, e, f and more were'],
  ])('when it %s while pg_dump waits for the lock on another', async (_what, sql, what) => {
    await using server = await createShop();
    const reason = `${what} emptied or rewritten just as the dump began. Take the backup again.`;
    expect(await errorOf(dumpWhile(server, sql))).toMatchObject({
      name: 'BackupFailedError',
      code: 'DUMP_FAILED',
      message: `Database shop cannot be dumped: ${reason}`,
    });
  });

  test('but not when rows are written, and tables and views come anew', async () => {
    await using server = await createShop();
    await server.sql('CREATE MATERIALIZED VIEW seen AS SELECT * FROM b', 'shop');
    const sql =
      'DELETE FROM b; UPDATE c SET i = 0; CREATE TABLE new AS SELECT 1 AS one; ALTER TABLE d ADD n int; REFRESH MATERIALIZED VIEW seen';
    const dump = await dumpWhile(server, sql);
    expect(await countRows(server, dump, 'b')).toBe(1000);
  });

  test('as does a comparison that cannot be made', async () => {
    await using server = await createShop();
    await server.sql('CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup');
    const dumping = dumpWhile(server, 'ALTER ROLE backup CONNECTION LIMIT 0', server.url({ user: 'backup' }));
    expect(await errorOf(dumping)).toMatchObject({
      code: 'ENGINE_UNREACHABLE',
      message: expect.stringMatching(/^Database shop cannot be dumped: .*too many connections for role "backup"/),
    });
  });
});

import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { errorOf } from '../support/dumps.js';
import { databasesOf, restoreTo, takeFrom } from '../support/postgres-restores.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import type { TakenDump } from '../support/restores.js';

const CLIENTS = 8;
/** Trying to end sessions that cannot be ended takes some 20 seconds. */
const PATIENCE_MS = 90_000;

/** A server with the database shop in its new state, of which there is a dump, set back to its old. */
async function createShop(settings: Record<string, string> = {}): Promise<{ server: PostgresServer; dump: TakenDump }> {
  const server = await PostgresServer.start({ settings });
  await server.createDatabase('shop');
  await server.sql("CREATE TABLE state AS SELECT 'new' AS name", 'shop');
  const dump = await takeFrom(server.url(), 'shop');
  await server.sql("UPDATE state SET name = 'old'", 'shop');
  return { server, dump };
}

async function stateOf(server: PostgresServer): Promise<string> {
  const [{ name }] = await server.sql('SELECT name FROM state', 'shop');
  return name;
}

async function connectTo(server: PostgresServer, user = 'postgres'): Promise<Client> {
  const client = new Client({ host: '127.0.0.1', port: server.port, user, database: 'shop' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Connects, reads and leaves again until it is stopped; tells what it has read, one entry for each connection. */
async function keepReading(server: PostgresServer, stopped: AbortSignal): Promise<readonly string[]> {
  const seen: string[] = [];
  while (!stopped.aborted) {
    const client = new Client({ host: '127.0.0.1', port: server.port, user: 'postgres', database: 'shop' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query('SELECT name FROM state');
      seen.push(rows[0].name);
    } catch (error) {
      // A session that was ended, or one that came when the name was given to another.
      expect((error as { code?: string }).code ?? 'cut').toMatch(/^(57P01|3D000|cut|ECONNRESET|EPIPE)$/);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return seen;
}

function refused(reason: string): object {
  return {
    name: 'RestoreFailedError',
    code: RestoreFailureCode.RESTORE_FAILED,
    message: expect.stringMatching(new RegExp(`^Database shop cannot be restored: .*${reason}.*\\.$`, 's')),
  };
}

describe.skipIf(!hasPostgresPrograms)('a PostgreSQL database that is replaced', () => {
  test('may be in use by clients that come again and again: each sees the old or the new, and never the old after the new', async () => {
    const { server, dump } = await createShop();
    await using _server = server;
    const stopping = new AbortController();
    const idle = await connectTo(server);
    await idle.query('BEGIN; SELECT * FROM state');
    const clients = Array.from({ length: CLIENTS }, () => keepReading(server, stopping.signal));

    await restoreTo(server.url(), dump, { database: 'shop', overwrite: true });
    expect(await stateOf(server)).toBe('new');
    stopping.abort();
    await idle.end().catch(() => undefined);

    for (const seen of await Promise.all(clients)) {
      expect(seen.length).toBeGreaterThan(0);
      expect(seen.join(' ')).toMatch(/^(old ?)*(new ?)*$/);
    }
    expect(await databasesOf(server)).toEqual(['shop']);
  });

  test('may be the one that the URL of the instance names', async () => {
    const { server, dump } = await createShop();
    await using _server = server;
    await restoreTo(server.url({ database: 'shop' }), dump, { database: 'shop', overwrite: true });
    expect([await stateOf(server), await databasesOf(server)]).toEqual(['new', ['shop']]);
  });

  test.each([
    [
      'others replicate the one to be replaced \\(logical replication slot "taken"\\)',
      "SELECT pg_create_logical_replication_slot('taken', 'test_decoding')",
    ],
    [
      'the one to be replaced replicates another \\(subscription "sub"\\)',
      "CREATE SUBSCRIPTION sub CONNECTION 'dbname=x' PUBLICATION p WITH (connect = false)",
    ],
  ])('is refused before anything is loaded where %s', async (reason, sql) => {
    const { server, dump } = await createShop({ wal_level: 'logical' });
    await using _server = server;
    await server.sql(sql, 'shop');
    expect(await errorOf(restoreTo(server.url(), dump, { database: 'shop', overwrite: true }))).toMatchObject(
      refused(reason),
    );
    expect([await stateOf(server), await databasesOf(server)]).toEqual(['old', ['shop']]);
  });

  test.each([
    ['owns it', 'CREATEDB', /its user is not the owner of the one to be replaced\. .*GRANT "postgres" TO "plain";/],
    ['may not create databases', '', /its user may not (create|rename) databases\. .*ALTER ROLE "plain" CREATEDB;/],
  ])('is refused to a user unless it %s', async (_what, option, message) => {
    const { server, dump } = await createShop();
    await using _server = server;
    await server.sql(`CREATE ROLE plain LOGIN ${option}`);
    if (option === '') await server.sql('ALTER DATABASE shop OWNER TO plain');
    const url = server.url({ user: 'plain' });
    const error = await errorOf(restoreTo(url, dump, { database: 'shop', overwrite: true }));
    expect(error).toMatchObject({ code: RestoreFailureCode.RESTORE_FAILED, message: expect.stringMatching(message) });
    expect([await stateOf(server), await databasesOf(server)]).toEqual(['old', ['shop']]);
  });

  test(
    'stays as it was when sessions cannot be ended, which the failure names',
    async () => {
      const { server } = await createShop();
      await using _server = server;
      await server.sql('CREATE ROLE plain LOGIN CREATEDB; ALTER DATABASE shop OWNER TO plain');
      await server.sql('ALTER TABLE state OWNER TO plain', 'shop');
      const dump = await takeFrom(server.url(), 'shop');
      const superuser = await connectTo(server);
      const error = await errorOf(
        restoreTo(server.url({ user: 'plain' }), dump, { database: 'shop', overwrite: true }),
      );
      await superuser.end();
      expect(error).toMatchObject(
        refused('others use the one to be replaced, which is as it was\\. .*postgres \\(process \\d+'),
      );
      expect([await stateOf(server), await databasesOf(server)]).toEqual(['old', ['shop']]);
    },
    PATIENCE_MS,
  );
});

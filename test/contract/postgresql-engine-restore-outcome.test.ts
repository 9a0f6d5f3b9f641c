import { Client } from 'pg';
import { describe, expect, test } from 'vitest';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { toReplacedName, toStagedName } from '../../src/engines/staging-name.js';
import { errorOf } from '../support/dumps.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { databasesOf, takeFrom } from '../support/postgres-restores.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { aim, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();
/** Ending sessions that cannot be ended takes the server seconds. */
const PATIENCE_MS = 60_000;

/** A database shop of a user who is no superuser, what is to replace it, and a session of the superuser. */
class Shop implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly target: AbandonTarget;
  readonly dump: TakenDump;
  readonly #scratch: TempDir;
  readonly #sessions: Client[] = [];

  private constructor(server: PostgresServer, scratch: TempDir, restore: Pick<Shop, 'target' | 'dump'>) {
    this.server = server;
    this.#scratch = scratch;
    this.target = restore.target;
    this.dump = restore.dump;
  }

  static async create(): Promise<Shop> {
    const server = await PostgresServer.start();
    const scratch = await TempDir.create();
    await server.createDatabase('shop');
    await server.sql("CREATE TABLE state AS SELECT 'new' AS name", 'shop');
    await server.sql('CREATE ROLE plain LOGIN CREATEDB; ALTER DATABASE shop OWNER TO plain');
    await server.sql('ALTER TABLE state OWNER TO plain', 'shop');
    const dump = await takeFrom(server.url(), 'shop');
    await server.sql("UPDATE state SET name = 'old'", 'shop');
    const source = { url: server.url({ user: 'plain' }), scratch };
    const target = await aim(source, { database: 'shop', overwrite: true });
    return new Shop(server, scratch, { target, dump });
  }

  async stage(): Promise<void> {
    await engine.stageRestore(this.target, toLoad(this.dump));
  }

  /** A session that the user of the restore may not end. */
  async connect(database: string): Promise<Client> {
    const client = new Client({ host: '127.0.0.1', port: this.server.port, user: 'postgres', database });
    client.on('error', () => undefined);
    await client.connect();
    this.#sessions.push(client);
    return client;
  }

  async state(): Promise<string> {
    const [{ name }] = await this.server.sql('SELECT name FROM state', 'shop');
    return name;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#sessions) await client.end().catch(() => undefined);
    await this.server[Symbol.asyncDispose]();
    await this.#scratch[Symbol.asyncDispose]();
  }
}

/** Asks until the server has such a session. */
async function untilSession(server: PostgresServer, condition: string): Promise<string> {
  for (;;) {
    const [row] = await server.sql(`SELECT pid::text FROM pg_stat_activity WHERE usename = 'plain' AND ${condition}`);
    if (row !== undefined) return row.pid as string;
  }
}

describe.skipIf(!hasPostgresPrograms)('whether a PostgreSQL restore was done', () => {
  test(
    'does not depend on sessions that keep the replaced database, which is removed later',
    async () => {
      await using shop = await Shop.create();
      const { server, target } = shop;
      await shop.stage();
      const replaced = toReplacedName(target.stagingId);
      // As a server leaves it that dies once the databases have their names.
      await server.sql(`ALTER DATABASE shop RENAME TO ${replaced}`);
      await server.sql(`ALTER DATABASE ${toStagedName(target.stagingId)} RENAME TO shop`);
      const superuser = await shop.connect(replaced);

      expect(await engine.commitRestore(target)).toBe(false);
      expect([await shop.state(), await databasesOf(server)]).toEqual(['new', [replaced, 'shop']]);
      await expect(engine.abandonRestore(target)).rejects.toThrow();
      await superuser.end();
      await engine.abandonRestore(target);
      expect([await shop.state(), await databasesOf(server)]).toEqual(['new', ['shop']]);
      expect(await engine.commitRestore(target)).toBe(true);
    },
    PATIENCE_MS,
  );

  test(
    'does not depend on the connection that ends the sessions of others',
    async () => {
      await using shop = await Shop.create();
      const { server, target } = shop;
      await shop.stage();
      const superuser = await shop.connect('shop');
      const committing = engine.commitRestore(target);
      await untilSession(server, "state = 'active' AND query LIKE 'ALTER DATABASE%'");
      const ender = await untilSession(server, "query LIKE '%pg_terminate_backend($1%'");
      await server.sql(`SELECT pg_terminate_backend(${ender})`);
      await superuser.end();
      expect(await committing).toBe(true);
      expect([await shop.state(), await databasesOf(server)]).toEqual(['new', ['shop']]);
    },
    PATIENCE_MS,
  );

  test('is not known where the server does not let the restore look', async () => {
    await using shop = await Shop.create();
    await shop.stage();
    await shop.server.sql('ALTER ROLE plain CONNECTION LIMIT 0');
    const error = await errorOf(engine.commitRestore(shop.target));
    expect(error).toMatchObject({ name: 'EngineUnreachableError', message: expect.stringContaining('connections') });
    await shop.server.sql('ALTER ROLE plain CONNECTION LIMIT -1');
    expect(await engine.commitRestore(shop.target)).toBe(true);
    expect(await shop.state()).toBe('new');
  });
});

describe.skipIf(!hasPostgresPrograms)('a proof whose scratch database cannot be removed', () => {
  test.each([
    ['whole', 1, { name: 'EngineUnreachableError' }],
    ['cut short', 0.6, { name: 'RestoreFailedError' }],
  ])('says what is left: the dump is %s', async (_what, share, kind) => {
    await using shop = await Shop.create();
    const { dump, target } = shop;
    const staged = toStagedName(target.stagingId);
    let superuser: Client | undefined;
    const bytes = dump.bytes.subarray(0, dump.bytes.length * share);
    const content = (async function* (): AsyncGenerator<Uint8Array> {
      superuser = await shop.connect(staged);
      yield bytes;
    })();
    const error = await errorOf(engine.proveRestore(target, toLoad(dump, content)));
    const message = expect.stringMatching(new RegExp(`the scratch database ${staged} is left there: .*\\.$`, 's'));
    expect(error).toMatchObject({ ...kind, message });
    await superuser?.end();
    await engine.abandonRestore(target);
    expect(await databasesOf(shop.server)).toEqual(['shop']);
  });
});

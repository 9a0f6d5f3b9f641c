import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Engine, InstanceRole } from '../../src/domain/instance.js';
import { MysqlConnection } from '../../src/engines/mysql/connection.js';
import { parseMysqlUrl } from '../../src/engines/mysql/url.js';
import { takeDump } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseEngineContract } from './database-engine.contract.js';
import type { EngineSubject } from './database-engine.contract.js';

const NAMES = ['Shop', 'a b', 'stock', 'Ünï'];
const ALL_ROWS = 'SELECT id, MD5(content) AS content FROM items ORDER BY id';
const ROWS = 'SELECT seq, REPEAT(MD5(seq), 30) FROM seq_1_to_300';

const engine = createMysqlEngine();
const { signal } = new AbortController();

async function createSubject(server: MariadbServer): Promise<EngineSubject> {
  const scratch = await TempDir.create();
  for (const name of NAMES) {
    await server.createDatabase(name);
    await server.sql(`CREATE TABLE items (id INT PRIMARY KEY, content TEXT NOT NULL); INSERT INTO items ${ROWS}`, name);
  }
  return {
    engine,
    kind: Engine.MARIADB,
    url: server.url(),
    missingUrl: 'mariadb://127.0.0.1:1',
    databases: NAMES,
    scratch,
    fingerprint: () =>
      server.sql(
        `SELECT CONCAT(TABLE_SCHEMA, '.', TABLE_NAME) AS object, UPDATE_TIME AS state FROM information_schema.TABLES
         WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema')
         UNION SELECT CONCAT(user, '@', host), CAST(priv AS CHAR) FROM mysql.global_priv
         UNION SELECT SCHEMA_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA ORDER BY 1`,
      ),
    rowsOf: (name) => server.sql(ALL_ROWS, name),
    restore: async (dump): Promise<unknown> => {
      const name = randomUUID();
      await server.createDatabase(name);
      await server.run(dump, name);
      const rows = await server.sql(ALL_ROWS, name);
      await server.sql(`DROP DATABASE ${quoted(name)}`);
      return rows;
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const name of NAMES) await server.sql(`DROP DATABASE ${quoted(name)}`);
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasMariadbPrograms)('the MySQL engine on MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  databaseEngineContract(() => createSubject(server));

  test('tells what the server is: version, endpoint, and which of its databases are system ones', async () => {
    await using subject = await createSubject(server);
    const [{ version }] = await server.sql('SELECT VERSION() AS version');
    const probe = await engine.probe(subject.url, signal);
    expect(version).toContain(`${probe.engineVersion}-MariaDB`);
    expect(probe).toMatchObject({ url: subject.url, endpoint: `mariadb://127.0.0.1:${server.port}` });
    const system = probe.databases.filter((database) => database.system);
    expect(system.map(({ name }) => name)).toEqual(['information_schema', 'mysql', 'performance_schema', 'sys']);
    expect(engine.systemParts(probe.databases).map(({ name }) => name)).toEqual(['mysql']);
  });

  test('takes databases for those of its users that are called as system ones in another case', async () => {
    await using own = await MariadbServer.start();
    await using scratch = await TempDir.create();
    await own.sql(
      'CREATE DATABASE SYS; CREATE TABLE SYS.t (n INT); INSERT INTO SYS.t VALUES (7); CREATE DATABASE MYSQL',
    );
    const databases = await engine.listDatabases(own.url(), signal);
    const users = databases.filter(({ system }) => !system).map(({ name }) => name);
    expect(users).toEqual(['MYSQL', 'SYS']);
    expect(engine.systemParts(databases).map(({ name }) => name)).toEqual(['mysql']);
    const dump = await takeDump({ engine, url: own.url(), name: 'SYS', scratch });
    await own.createDatabase('later');
    await own.run(dump, 'later');
    expect(await own.sql('SELECT n FROM later.t')).toEqual([{ n: 7 }]);
    await expect(takeDump({ engine, url: own.url(), name: 'MYSQL', scratch })).rejects.toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringMatching(/^Database MYSQL cannot be dumped: the dump program takes .* again\.$/),
    });
  });

  test("takes a database sys for a user's that is not the sys schema", async () => {
    await using own = await MariadbServer.start();
    await own.sql('DROP DATABASE sys; CREATE DATABASE sys; CREATE TABLE sys.version (n INT)');
    const databases = await engine.listDatabases(own.url(), signal);
    expect(databases.filter(({ system }) => !system).map(({ name }) => name)).toEqual(['sys']);
  });

  test('tells no sizes, and invents none, where the server cannot tell them in time', async () => {
    await using own = await MariadbServer.start();
    await own.createDatabase('slow');
    await own.createDatabase('bare');
    const sizesOf = async (): Promise<readonly number[]> =>
      (await engine.listDatabases(own.url(), signal)).map(({ sizeBytes }) => sizeBytes);
    expect(Math.min(...(await sizesOf()))).toBeGreaterThan(0);
    const creating = own.sql('CREATE TABLE slow.t AS SELECT SLEEP(3600)').catch(() => undefined);
    const sleeping = "SELECT ID FROM information_schema.PROCESSLIST WHERE STATE = 'User sleep'";
    while ((await own.sql(sleeping)).length === 0);
    expect(new Set(await sizesOf())).toEqual(new Set([0]));
    await own.kill();
    await creating;
  }, 20_000);

  test('ends a question at once that is put after the signal was aborted', async () => {
    const aborting = new AbortController();
    await using connection = await MysqlConnection.open(parseMysqlUrl(server.url()), aborting.signal);
    await connection.query('SELECT 1');
    aborting.abort();
    await expect(connection.query('SELECT SLEEP(3600)')).rejects.toMatchObject({ name: 'AbortError' });
    await expect(connection.query('SELECT 1')).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('takes the server for what it is, whatever the scheme of the URL', async () => {
    const health = await engine.checkHealth(server.url().replace('mariadb:', 'mysql:'), signal);
    expect(health).toMatchObject({ engine: Engine.MARIADB, role: InstanceRole.PRIMARY });
  });

  test('reaches a server through its socket', async () => {
    await using subject = await createSubject(server);
    const url = `mariadb://root@localhost/?socket=${server.socket}`;
    expect(await engine.probe(url, signal)).toMatchObject({ endpoint: 'mariadb://localhost:3306' });
    const dump = await takeDump({ ...subject, url, name: 'Shop' });
    expect(await subject.restore(dump)).toEqual(await subject.rowsOf('Shop'));
  });
});

describe.skipIf(!hasMariadbPrograms)('the role of a MariaDB server', () => {
  test('is that of a replica only where it is read only and replicates', async () => {
    await using primary = await MariadbServer.start({ settings: { 'log-bin': 'log', 'server-id': '1' } });
    await using replica = await primary.replica();
    const roleOf = async (server: MariadbServer): Promise<InstanceRole> =>
      (await engine.checkHealth(server.url(), signal)).role;

    expect(await roleOf(replica)).toBe(InstanceRole.PRIMARY);
    await replica.sql('SET GLOBAL read_only = 1');
    expect(await roleOf(replica)).toBe(InstanceRole.READ_REPLICA);
    expect(await engine.probe(replica.url(), signal)).toMatchObject({ role: InstanceRole.READ_REPLICA });
    await replica.sql('STOP SLAVE');
    expect(await roleOf(replica)).toBe(InstanceRole.READ_REPLICA);
    await replica.sql('RESET SLAVE ALL');
    expect(await roleOf(replica)).toBe(InstanceRole.PRIMARY);
    await primary.sql('SET GLOBAL read_only = 1');
    expect(await roleOf(primary)).toBe(InstanceRole.PRIMARY);
  });

  test('is that of a replica also where its connections to primaries have names', async () => {
    await using primary = await MariadbServer.start({ settings: { 'log-bin': 'log', 'server-id': '1' } });
    await using replica = await MariadbServer.start({ settings: { 'server-id': '2', 'read-only': '1' } });
    await replica.sql(
      `CHANGE MASTER 'east' TO MASTER_HOST='127.0.0.1', MASTER_PORT=${primary.port}, MASTER_USER='root'`,
    );
    expect((await engine.checkHealth(replica.url(), signal)).role).toBe(InstanceRole.READ_REPLICA);
  });

  test('is not guessed where the user may not see it: the right that is missing is named', async () => {
    await using server = await MariadbServer.start({ settings: { 'read-only': '1' } });
    await server.sql(`CREATE USER watcher@'%' IDENTIFIED BY 'hunter2'`);
    const url = server.url({ user: 'watcher', password: 'hunter2' });
    const grant = 'GRANT REPLICA MONITOR ON *.* TO `watcher`@`%`;';
    await expect(engine.checkHealth(url, signal)).rejects.toMatchObject({
      name: 'EngineUnreachableError',
      message: expect.stringMatching(/^it is read only, and its user may not see whether it is a replica: .*\.$/),
    });
    await expect(engine.checkHealth(url, signal)).rejects.toThrow(grant);
    await server.sql(grant);
    expect((await engine.checkHealth(url, signal)).role).toBe(InstanceRole.PRIMARY);
  });
});

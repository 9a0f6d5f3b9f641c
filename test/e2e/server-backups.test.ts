import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { decompress } from 'zstd-napi';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { readManifest } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const ENV = { PATH: process.env.PATH ?? '' };
const SYSTEM_SENTENCE = 'System databases are backed up by default and cannot be selected';

async function startApp(): Promise<TestApp> {
  return TestApp.start({ env: ENV });
}

async function setUp(server: PostgresServer | MariadbServer, databases: readonly string[]): Promise<void> {
  for (const [index, name] of databases.entries()) {
    await server.createDatabase(name);
    await server.sql(`CREATE TABLE numbers (n INT); INSERT INTO numbers VALUES (${index}), (42)`, name);
  }
}

/** The bytes of each artifact by its database, once its hash was compared with the manifest. */
async function readArtifacts(app: TestApp, backupId: string): Promise<Map<string, Buffer>> {
  const { artifacts } = await readManifest(app.artifacts, backupId);
  const contents = new Map<string, Buffer>();
  for (const { database, system, path, sha256 } of artifacts) {
    const stored = await readFile(join(app.artifacts, 'default', backupId, path));
    expect(createHash('sha256').update(stored).digest('hex')).toBe(sha256);
    contents.set(`${system ? 'system ' : ''}${database}`, decompress(stored));
  }
  return contents;
}

async function systemNames(app: TestApp): Promise<unknown> {
  const { data } = await app.graphql('{ instances { nodes { databases { name sizeBytes system } } } }');
  const databases = data.instances.nodes[0].databases as { name: string; sizeBytes: number; system: boolean }[];
  expect(databases.every(({ sizeBytes }) => Number.isInteger(sizeBytes) && sizeBytes >= 0)).toBe(true);
  return databases.filter(({ system }) => system).map(({ name }) => name);
}

/** Why a database cannot be selected. */
async function refusalOf(app: TestApp, instanceId: string, name: string): Promise<unknown> {
  const { errors } = await app.createBackup(instanceId, 'refused', { databases: [name] });
  return errors?.[0]?.extensions;
}

describe.skipIf(!hasPostgresPrograms)('a backup of a PostgreSQL server', { timeout: 90_000 }, () => {
  test('holds every user database, roles, and the database postgres, and is restored by hand from the store', async () => {
    await using server = await PostgresServer.start();
    await setUp(server, ['Shop "1"', 'shop']);
    await server.sql("CREATE ROLE clerk LOGIN PASSWORD 'secret'; CREATE TABLE notes AS SELECT 7 AS n");
    await using app = await startApp();
    const instanceId = await app.register('shop', server.url());
    expect(await systemNames(app)).toEqual(['postgres', 'template0', 'template1']);

    const { id, status, failure } = await app.takeBackup(instanceId, 'everything');

    expect({ status, failure }).toEqual({ status: 'COMPLETED', failure: null });
    const artifacts = await readArtifacts(app, id);
    expect([...artifacts.keys()].sort()).toEqual(['Shop "1"', 'shop', 'system globals', 'system postgres']);
    await using other = await PostgresServer.start();
    const globals = artifacts.get('system globals')?.toString().replace('CREATE ROLE postgres;', '');
    await other.run('psql', ['-v', 'ON_ERROR_STOP=1', '-q', '-f', '-', 'postgres'], Buffer.from(globals ?? ''));
    for (const [index, name] of ['Shop "1"', 'shop'].entries()) {
      await other.createDatabase(name);
      const conninfo = `dbname='${name}'`;
      await other.run('pg_restore', ['--exit-on-error', '-d', conninfo], artifacts.get(name));
      expect(await other.sql('SELECT n FROM numbers ORDER BY n', name)).toEqual([{ n: index }, { n: 42 }]);
    }
    await other.run('pg_restore', ['--exit-on-error', '-d', 'postgres'], artifacts.get('system postgres'));
    expect(await other.sql('SELECT n FROM notes')).toEqual([{ n: 7 }]);
    expect(await other.sql("SELECT 1 AS is FROM pg_roles WHERE rolname = 'clerk'")).toEqual([{ is: 1 }]);
  });

  test('holds one database alone when that is asked for, and no system database by its name', async () => {
    await using server = await PostgresServer.start();
    await setUp(server, ['crm', 'shop']);
    await using app = await startApp();
    const instanceId = await app.register('shop', server.url());

    const { id } = await app.takeBackup(instanceId, 'only-one', { databases: ['crm'], includeSystemDatabases: false });

    expect([...(await readArtifacts(app, id)).keys()]).toEqual(['crm']);
    for (const name of ['postgres', 'template1']) {
      expect(await refusalOf(app, instanceId, name)).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'databases', message: expect.stringContaining(SYSTEM_SENTENCE) }],
      });
    }
    expect(await refusalOf(app, instanceId, 'globals')).toMatchObject({ code: 'DATABASE_NOT_FOUND' });
  });
});

describe.skipIf(!hasMariadbPrograms)('a backup of a MariaDB server', { timeout: 90_000 }, () => {
  test('holds every user database, users and grants, and is restored by hand from the store', async () => {
    await using server = await MariadbServer.start();
    await setUp(server, ['Shop `1`', 'shop']);
    await server.sql("CREATE USER clerk IDENTIFIED BY 'secret'; GRANT SELECT ON shop.* TO clerk");
    await using app = await startApp();
    const instanceId = await app.register('shop', server.url());
    expect(await systemNames(app)).toEqual(['information_schema', 'mysql', 'performance_schema', 'sys']);

    const { id, status, failure } = await app.takeBackup(instanceId, 'everything');

    expect({ status, failure }).toEqual({ status: 'COMPLETED', failure: null });
    const artifacts = await readArtifacts(app, id);
    expect([...artifacts.keys()].sort()).toEqual(['Shop `1`', 'shop', 'system mysql']);
    await using other = await MariadbServer.start();
    await other.run(artifacts.get('system mysql') ?? '');
    for (const [index, name] of ['Shop `1`', 'shop'].entries()) {
      await other.createDatabase(`${name} again`);
      await other.run(artifacts.get(name) ?? '', `${name} again`);
      expect(await other.sql('SELECT n FROM numbers ORDER BY n', `${name} again`)).toEqual([{ n: index }, { n: 42 }]);
    }
    const grants = await other.sql('SHOW GRANTS FOR clerk');
    expect(JSON.stringify(grants)).toContain('GRANT SELECT ON `shop`.*');
  });

  test('holds one database alone when that is asked for, and no system database by its name', async () => {
    await using server = await MariadbServer.start();
    await setUp(server, ['crm', 'shop']);
    await using app = await startApp();
    const instanceId = await app.register('shop', server.url());

    const { id } = await app.takeBackup(instanceId, 'only-one', { databases: ['crm'], includeSystemDatabases: false });

    expect([...(await readArtifacts(app, id)).keys()]).toEqual(['crm']);
    for (const name of ['mysql', 'information_schema']) {
      expect(await refusalOf(app, instanceId, name)).toMatchObject({
        code: 'BAD_USER_INPUT',
        fields: [{ path: 'databases', message: expect.stringContaining(SYSTEM_SENTENCE) }],
      });
    }
  });
});

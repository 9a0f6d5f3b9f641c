import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { DatabaseEngine } from '../../src/engines/database-engine.js';
import type { PostgresqlEngine } from '../../src/engines/postgresql/postgresql-engine.js';
import { listChildren } from '../support/child-processes.js';
import { beginDump, errorOf, takeDump } from '../support/dumps.js';
import { writeProgram } from '../support/fake-programs.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { CONTENTS, RICH_SCHEMA } from '../support/postgres-samples.js';
import { hasPostgresPrograms, postgresProgramFolder, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();
const { signal } = new AbortController();
const realDump = join(postgresProgramFolder ?? '', 'pg_dump');

async function createShop(rows = 100): Promise<PostgresServer> {
  const server = await PostgresServer.start();
  await server.createDatabase('shop');
  await server.sql(
    `CREATE TABLE items AS SELECT i AS id, repeat(md5(i::text), 60) AS content FROM generate_series(1, ${rows}) i`,
    'shop',
  );
  return server;
}

async function dumpError(url: string, dumper: DatabaseEngine = engine, name = 'shop'): Promise<unknown> {
  await using scratch = await TempDir.create();
  return await errorOf(takeDump({ engine: dumper, url, name, scratch }));
}

function failed(code: string, message: string | RegExp): object {
  const pattern = typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message);
  return { name: 'BackupFailedError', code, message: pattern };
}

/** The engine with a pg_dump of its own, which does something else once it is asked for more than its version. */
async function engineWith(dir: TempDir, script: string): Promise<PostgresqlEngine> {
  await writeProgram(dir, 'pg_dump', `[ "$1" = --version ] && exec ${realDump} --version\n${script}`);
  return createPostgresqlEngine(dir.path);
}

afterEach(async () => {
  expect((await listChildren()).filter((name) => /^(pg_|sh$|sleep|head)/.test(name))).toEqual([]);
});

describe.skipIf(!hasPostgresPrograms)('a pg_dump that fails', () => {
  test('with an exit code, though its output is whole', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    const dumper = await engineWith(dir, `${realDump} "$@"; echo 'out of luck' >&2; exit 3`);
    expect(await dumpError(server.url(), dumper)).toMatchObject(
      failed('DUMP_FAILED', /^Database shop cannot be dumped: pg_dump ended with exit code 3\. It said: out of luck/),
    );
  });

  test('by a signal, after its output', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    const dumper = await engineWith(dir, `${realDump} "$@"; kill -9 $$`);
    expect(await dumpError(server.url(), dumper)).toMatchObject(
      failed('DUMP_FAILED', 'the program was killed. See whether the machine has run out of memory'),
    );
  });

  test('in silence, its output cut: the check of the format finds it', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    const dumper = await engineWith(dir, `${realDump} "$@" | head -c 20000`);
    await using dump = await beginDump({ engine: dumper, url: server.url(), name: 'shop', scratch });
    await expect(dumper.checkFormat(dump.format, dump.content, signal)).rejects.toMatchObject(
      failed('DUMP_FAILED', /^The stored dump is no whole archive of pg_dump: pg_restore ended with exit code 1\./),
    );
    await dump.completion;
  });

  test('and is checked by a pg_restore that hangs, which is ended when the signal is aborted', async () => {
    await using dir = await TempDir.create();
    await writeProgram(
      dir,
      'pg_restore',
      'echo "pg_restore (PostgreSQL) 99.1"; [ "$1" = --version ] || exec sleep 600',
    );
    const restorer = createPostgresqlEngine(dir.path);
    const aborting = new AbortController();
    const reason = new Error('enough');
    // More than the pipe holds: the check then waits for the program, and asks for no more.
    const content = (async function* (): AsyncGenerator<Buffer> {
      yield await Promise.resolve(Buffer.alloc(1_000_000));
    })();
    const checking = restorer.checkFormat('pgdump', content, aborting.signal);
    await expect.poll(async () => (await listChildren()).includes('sleep')).toBe(true);
    aborting.abort(reason);
    expect(await errorOf(checking)).toBe(reason);
  });

  test('and shows the password neither in its arguments nor in what it says', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    const dumper = await engineWith(dir, 'echo "$@ and $PGPASSWORD" >&2; exit 1');
    const error = await dumpError(server.url({ password: "hun'ter 2%" }), dumper);
    expect(error).toMatchObject(failed('DUMP_FAILED', /It said: --format=custom .* and \*\*\*$/));
    expect(String(error)).not.toContain('ter 2');
  });

  test('by hanging, and is ended when the dump is disposed of', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    const dumper = await engineWith(dir, 'exec sleep 600');
    const dump = await beginDump({ engine: dumper, url: server.url(), name: 'shop', scratch });
    await dump[Symbol.asyncDispose]();
    expect(await errorOf(dump.completion)).toMatchObject({ code: 'DUMP_FAILED' });
  });

  test('by hanging, and is ended when the signal is aborted', async () => {
    await using server = await createShop();
    await using dir = await TempDir.create();
    await using scratch = await TempDir.create();
    const dumper = await engineWith(dir, 'exec sleep 600');
    const aborting = new AbortController();
    const order = { engine: dumper, url: server.url(), name: 'shop', scratch, signal: aborting.signal };
    await using dump = await beginDump(order);
    aborting.abort();
    expect(await errorOf(dump.completion)).not.toBeNull();
  });
});

describe.skipIf(!hasPostgresPrograms)('a PostgreSQL server that goes away in the middle of a dump', () => {
  const ROWS = 30_000;

  async function strike(server: PostgresServer, blow: () => Promise<unknown>): Promise<unknown> {
    await using scratch = await TempDir.create();
    await using dump = await beginDump({ engine, url: server.url(), name: 'shop', scratch });
    let bytes = 0;
    for await (const chunk of dump.content) {
      if (bytes === 0) await blow();
      bytes += (chunk as Buffer).length;
    }
    expect(bytes).toBeLessThan(ROWS * 1900);
    return await errorOf(dump.completion);
  }

  test('because its administrator ends the connection', async () => {
    await using server = await createShop(ROWS);
    const error = await strike(server, async () =>
      server.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'rds-backup-server'`),
    );
    expect(error).toMatchObject(
      failed('ENGINE_UNREACHABLE', /^Database shop cannot be dumped: the connection to the server was lost or refused/),
    );
  });

  test('because it is stopped at once', async () => {
    await using server = await createShop(ROWS);
    const error = await strike(server, () => server.stop('immediate'));
    expect(error).toMatchObject(failed('ENGINE_UNREACHABLE', "See the server's log, and try again once"));
  });
});

describe.skipIf(!hasPostgresPrograms)('a database that the user may not dump', () => {
  const READ_ALL = 'GRANT pg_read_all_data TO "backup";';

  test.each([
    ['CREATE TABLE secrets (a int)', 'table secrets', READ_ALL],
    ['CREATE SEQUENCE hidden', 'sequence hidden', READ_ALL],
    ['CREATE SCHEMA vault CREATE TABLE t (a int)', 'schema vault', READ_ALL],
    [`SELECT lo_from_bytea(4711, '')`, 'large object 4711', 'ALTER ROLE "backup" SET lo_compat_privileges = on;'],
  ])('because of what came of %s, which the failure names, with what to run', async (sql, name, grant) => {
    await using server = await createShop();
    await server.sql(`CREATE ROLE backup LOGIN`);
    await server.sql(`GRANT SELECT ON items TO backup; ${sql}`, 'shop');
    const url = server.url({ user: 'backup' });
    const error = await dumpError(url);
    expect(error).toMatchObject(
      failed('DUMP_FAILED', `its user may not read the ${name}. Let the server's administrator`),
    );
    expect(error).toMatchObject(failed('DUMP_FAILED', grant));

    await server.sql(grant);
    expect(await dumpError(url)).toBeNull();
  });

  test('because of row-level security', async () => {
    await using server = await createShop();
    await server.sql('CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup');
    await server.sql('ALTER TABLE items ENABLE ROW LEVEL SECURITY', 'shop');
    const url = server.url({ user: 'backup' });
    expect(await dumpError(url)).toMatchObject(
      failed('DUMP_FAILED', 'row-level security hides rows of the table "items" from its user'),
    );
    await server.sql('ALTER ROLE "backup" BYPASSRLS;');
    expect(await dumpError(url)).toBeNull();
  });

  test('because it was dropped', async () => {
    await using server = await createShop();
    await server.sql('DROP DATABASE shop');
    expect(await dumpError(server.url())).toMatchObject(
      failed('DUMP_FAILED', 'Database shop cannot be dumped: it is no longer there.'),
    );
  });

  test('because it takes no connections, though it is listed and its server can be registered', async () => {
    await using server = await createShop();
    await server.sql('CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup');
    await server.sql('REVOKE CONNECT ON DATABASE shop FROM PUBLIC; ALTER DATABASE shop ALLOW_CONNECTIONS false');
    for (const user of ['backup', 'postgres']) {
      const { databases } = await engine.probe(server.url({ user }), signal);
      expect(databases.find(({ name }) => name === 'shop')).toMatchObject({ system: false });
      const reason = `it takes no connections. Let the server's administrator run: ALTER DATABASE "shop" ALLOW_CONNECTIONS true;`;
      expect(await dumpError(server.url({ user }))).toMatchObject(failed('DUMP_FAILED', reason));
    }
    await server.sql('ALTER DATABASE "shop" ALLOW_CONNECTIONS true');
    expect(await dumpError(server.url())).toBeNull();
  });

  test('because its dump would lack a subscription in silence', async () => {
    await using server = await createShop();
    await server.createDatabase('other');
    await server.sql('CREATE ROLE backup LOGIN; GRANT pg_read_all_data TO backup');
    await server.sql(`CREATE SUBSCRIPTION "From afar" CONNECTION '' PUBLICATION p WITH (connect = false)`, 'shop');
    const url = server.url({ user: 'backup' });
    expect(await dumpError(url)).toMatchObject(
      failed('DUMP_FAILED', 'only a superuser may dump its subscription "From afar", which the backup would lack.'),
    );
    expect(await dumpError(url, engine, 'other')).toBeNull();
    expect(await dumpError(server.url())).toBeNull();
  });

  test('dumps everything with the fewest rights, once it has them', async () => {
    await using server = await PostgresServer.start();
    await using scratch = await TempDir.create();
    await server.createDatabase('shop');
    await server.sql(RICH_SCHEMA, 'shop');
    await server.sql(`
      REVOKE CONNECT ON DATABASE shop, postgres FROM PUBLIC;
      CREATE ROLE backup LOGIN;
      GRANT CONNECT ON DATABASE shop, postgres TO backup;
      GRANT pg_read_all_data TO backup;
      ALTER ROLE backup BYPASSRLS;
      ALTER ROLE backup SET lo_compat_privileges = on;
    `);
    const url = server.url({ user: 'backup' });
    expect((await engine.probe(url, signal)).databases).toHaveLength(4);

    const dump = await takeDump({ engine, url, name: 'shop', scratch });
    expect(await dumpError(url, engine, 'postgres')).toBeNull();

    await server.createDatabase('restored');
    await server.run('pg_restore', ['--exit-on-error', '--dbname', 'restored'], dump);
    expect(await server.sql(CONTENTS, 'restored')).toEqual(await server.sql(CONTENTS, 'shop'));
  });
});

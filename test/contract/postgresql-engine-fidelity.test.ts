import { describe, expect, test } from 'vitest';
import { beginDump, takeDump } from '../support/dumps.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { CONTENTS, ODD_NAMES, RICH_SCHEMA } from '../support/postgres-samples.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createPostgresqlEngine();

async function restore(server: PostgresServer, dump: Buffer): Promise<void> {
  await server.createDatabase('restored');
  await server.run('pg_restore', ['--exit-on-error', '--dbname', 'restored'], dump);
}

/** The whole database as a script, without the key that is another each time. */
async function scriptOf(server: PostgresServer, database: string): Promise<string> {
  const script = await server.run('pg_dump', ['--dbname', database]);
  return script.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

describe.skipIf(!hasPostgresPrograms)('a dump of a PostgreSQL database, restored by hand', () => {
  test('holds everything that the database held', async () => {
    await using server = await PostgresServer.start();
    await using scratch = await TempDir.create();
    await server.createDatabase('shop');
    for (const extension of ['hstore', 'citext', 'pg_trgm', 'pgcrypto']) {
      const known = await server.sql(`SELECT FROM pg_available_extensions WHERE name = '${extension}'`);
      if (known.length > 0) await server.sql(`CREATE EXTENSION ${extension}`, 'shop');
    }
    await server.sql(RICH_SCHEMA, 'shop');
    const before = await server.sql(CONTENTS, 'shop');
    const script = await scriptOf(server, 'shop');

    const dump = await takeDump({ engine, url: server.url(), name: 'shop', scratch });
    await server.sql('DROP DATABASE shop');
    await restore(server, dump);

    expect(before.length).toBeGreaterThan(100);
    expect(await server.sql(CONTENTS, 'restored')).toEqual(before);
    expect(await scriptOf(server, 'restored')).toBe(script);
    expect(await server.sql("INSERT INTO people (name) VALUES ('next') RETURNING id", 'restored')).toEqual([
      { id: 506 },
    ]);
  });

  test('shows one moment, whatever is written meanwhile', async () => {
    await using server = await PostgresServer.start();
    await using scratch = await TempDir.create();
    await server.createDatabase('shop');
    await server.sql(
      'CREATE TABLE a AS SELECT i, repeat(md5(i::text), 100) AS t FROM generate_series(1, 5000) i',
      'shop',
    );
    await server.sql('CREATE TABLE b (n int)', 'shop');

    await using dump = await beginDump({ engine, url: server.url(), name: 'shop', scratch });
    const chunks: Buffer[] = [];
    for await (const chunk of dump.content) {
      if (chunks.length === 0) await server.sql('DELETE FROM a; INSERT INTO b VALUES (1)', 'shop');
      chunks.push(chunk as Buffer);
    }
    await dump.completion;
    await restore(server, Buffer.concat(chunks));

    expect(await server.sql('SELECT count(*)::int AS n FROM a', 'restored')).toEqual([{ n: 5000 }]);
    expect(await server.sql('SELECT count(*)::int AS n FROM b', 'restored')).toEqual([{ n: 0 }]);
  });

  test('is of the database that was asked for, whatever its name looks like', async () => {
    await using server = await PostgresServer.start();
    await using scratch = await TempDir.create();
    for (const name of ODD_NAMES) {
      await server.createDatabase(name);
      await server.sql('CREATE TABLE self AS SELECT current_database()::text AS name', name);
    }
    const { databases } = await engine.probe(server.url(), new AbortController().signal);
    expect(databases.filter(({ system }) => !system).map(({ name }) => name)).toEqual(ODD_NAMES.toSorted());

    for (const name of ODD_NAMES) {
      const dump = await takeDump({ engine, url: server.url(), name, scratch });
      await restore(server, dump);
      expect(await server.sql('SELECT name FROM self', 'restored')).toEqual([{ name }]);
      await server.sql('DROP DATABASE restored');
    }
  });
});

describe.skipIf(!hasPostgresPrograms)('the globals of a PostgreSQL server, restored by hand', () => {
  const ROLES = `SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolcanlogin, rolreplication, rolbypassrls, rolconnlimit,
    rolpassword, rolvaliduntil::text, shobj_description(oid, 'pg_authid') AS comment,
    (SELECT array_agg(setconfig::text) FROM pg_db_role_setting WHERE setrole = pg_authid.oid AND setdatabase = 0) AS settings,
    (SELECT array_agg(roleid::regrole::text ORDER BY 1) FROM pg_auth_members WHERE member = pg_authid.oid) AS member_of
    FROM pg_authid WHERE oid >= 16384 ORDER BY rolname`;

  async function createRoles(server: PostgresServer): Promise<void> {
    await server.sql(`
      CREATE ROLE readers NOLOGIN;
      CREATE ROLE "Odd ""Röle""" LOGIN PASSWORD 'p''w' CONNECTION LIMIT 3 VALID UNTIL '2040-01-01 UTC' IN ROLE readers;
      ALTER ROLE "Odd ""Röle""" SET work_mem = '8MB';
      COMMENT ON ROLE readers IS 'they read';
      CREATE ROLE backup LOGIN;
      GRANT pg_read_all_data TO backup;
      CREATE ROLE plain LOGIN;
    `);
  }

  async function takeGlobals(url: string): Promise<Buffer> {
    await using scratch = await TempDir.create();
    return await takeDump({ engine, url, name: 'globals', system: true, scratch });
  }

  async function restoreGlobals(server: PostgresServer, dump: Buffer): Promise<void> {
    // The one role that every server has already.
    const script = dump.toString('utf8').replace('CREATE ROLE postgres;', '');
    await server.run('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', '-'], Buffer.from(script));
  }

  test.each(['postgres', 'backup'])('bring back every role with its password, taken as %s', async (user) => {
    await using server = await PostgresServer.start();
    await using other = await PostgresServer.start();
    await createRoles(server);

    await restoreGlobals(other, await takeGlobals(server.url({ user })));

    const roles = await server.sql(ROLES);
    expect(roles.map(({ rolname }) => rolname)).toEqual(['Odd "Röle"', 'backup', 'plain', 'readers']);
    expect(roles[0]?.rolpassword).toMatch(/^SCRAM-SHA-256/);
    expect(await other.sql(ROLES)).toEqual(roles);
  });

  test('hold the roles without their passwords where the user may not read those', async () => {
    await using server = await PostgresServer.start();
    await using other = await PostgresServer.start();
    await createRoles(server);

    await restoreGlobals(other, await takeGlobals(server.url({ user: 'plain' })));

    const roles = await server.sql(ROLES);
    expect(await other.sql(ROLES)).toEqual(roles.map((role) => ({ ...role, rolpassword: null })));
  });

  test('are found through a database of any name', async () => {
    await using server = await PostgresServer.start();
    await server.createDatabase("dbname='x");
    const globals = await takeGlobals(server.url({ database: "dbname='x" }));
    expect(globals.toString()).toContain('CREATE ROLE postgres;');
  });
});

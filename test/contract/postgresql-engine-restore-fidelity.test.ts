import { afterEach, describe, expect, test } from 'vitest';
import { listChildren } from '../support/child-processes.js';
import { createPostgresqlEngine } from '../support/postgres-engine.js';
import { attributesOf, databasesOf, restoreTo, takeFrom } from '../support/postgres-restores.js';
import { CONTENTS, RICH_SCHEMA } from '../support/postgres-samples.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { aim, toLoad } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const ROLES = `
  CREATE ROLE "Own ""er" NOLOGIN; CREATE ROLE app LOGIN; CREATE ROLE "read er" LOGIN; CREATE ROLE grantor LOGIN`;

const ATTRIBUTES = `
  ALTER DATABASE shop OWNER TO "Own ""er";
  ALTER DATABASE shop CONNECTION LIMIT 17;
  COMMENT ON DATABASE shop IS E'It''s \\\\ the "shop"\\nwith ö 🐘';
  ALTER DATABASE shop SET search_path TO public, "Odd, schema", 'a"b', "$user";
  ALTER DATABASE shop SET work_mem = '7MB';
  ALTER DATABASE shop SET "app.tenant" = E'it''s\\\\here = x';
  ALTER DATABASE shop SET temp_tablespaces = '';
  ALTER DATABASE shop SET default_transaction_read_only = on;
  ALTER ROLE app IN DATABASE shop SET statement_timeout = '3s';
  ALTER ROLE app IN DATABASE shop SET search_path = '';
  REVOKE ALL ON DATABASE shop FROM PUBLIC;
  GRANT CONNECT ON DATABASE shop TO app;
  GRANT CREATE, TEMPORARY ON DATABASE shop TO grantor WITH GRANT OPTION;
  SET ROLE grantor; GRANT CREATE ON DATABASE shop TO "read er"; RESET ROLE;
  REVOKE TEMPORARY ON DATABASE shop FROM "Own ""er"`;

/** The whole database as a script, without the key that is another each time. */
async function scriptOf(server: PostgresServer, database: string): Promise<string> {
  const script = await server.run('pg_dump', ['--dbname', database]);
  return script.replaceAll(/^\\(un)?restrict .*$/gm, '');
}

afterEach(async () => {
  expect((await listChildren()).filter((name) => name.startsWith('pg_'))).toEqual([]);
});

describe.skipIf(!hasPostgresPrograms)('a PostgreSQL database, dumped and restored through the engine', () => {
  test('has everything that it had', async () => {
    await using server = await PostgresServer.start();
    await server.sql(ROLES);
    await server.createDatabase('shop');
    for (const extension of ['hstore', 'citext', 'pg_trgm', 'pgcrypto']) {
      const known = await server.sql(`SELECT FROM pg_available_extensions WHERE name = '${extension}'`);
      if (known.length > 0) await server.sql(`CREATE EXTENSION ${extension}`, 'shop');
    }
    await server.sql(RICH_SCHEMA, 'shop');
    await server.sql('ALTER TABLE orders OWNER TO "Own ""er"; GRANT SELECT ON adults TO "read er"', 'shop');
    const before = await server.sql(CONTENTS, 'shop');
    const script = await scriptOf(server, 'shop');

    const dump = await takeFrom(server.url(), 'shop');
    await restoreTo(server.url(), dump, { database: 'copy' });

    expect(before.length).toBeGreaterThan(100);
    expect(await server.sql(CONTENTS, 'copy')).toEqual(before);
    expect(await scriptOf(server, 'copy')).toBe(script);
    expect(await server.sql("INSERT INTO people (name) VALUES ('next') RETURNING id", 'copy')).toEqual([{ id: 506 }]);
    const analyzed = await server.sql("SELECT FROM pg_stats WHERE tablename = 'people'", 'copy');
    expect(analyzed.length).toBeGreaterThan(5);
  });

  test('has the owner, comment, settings and rights that it had, and none of the one that it replaces', async () => {
    await using server = await PostgresServer.start();
    await server.sql(ROLES);
    await server.createDatabase('shop');
    await server.sql(ATTRIBUTES);
    const before = await attributesOf(server, 'shop');
    const dump = await takeFrom(server.url(), 'shop');
    await server.createDatabase('other');
    await server.sql(
      "ALTER DATABASE other SET work_mem = '9MB'; COMMENT ON DATABASE other IS 'other'; GRANT ALL ON DATABASE other TO app",
    );

    await restoreTo(server.url(), dump, { database: 'other', overwrite: true });
    expect(await attributesOf(server, 'other')).toEqual(before);
    expect(before).toMatchObject({ owner: 'Own "er', datconnlimit: 17, comment: expect.stringContaining('🐘') });
    expect(JSON.stringify(before)).toContain('"read er\\"=C/grantor');

    await restoreTo(server.url(), dump, { database: 'shop', overwrite: true });
    expect(await attributesOf(server, 'shop')).toEqual(before);
  });

  test('that has no attributes of its own has none afterwards', async () => {
    await using server = await PostgresServer.start();
    await server.createDatabase('shop');
    const before = await attributesOf(server, 'shop');
    const dump = await takeFrom(server.url(), 'shop');
    await restoreTo(server.url(), dump, { database: 'copy' });
    expect(await attributesOf(server, 'copy')).toEqual(before);
    await restoreTo(server.url(), { ...dump, contents: null }, { database: 'bare' });
    expect(await attributesOf(server, 'bare')).toEqual(before);
  });

  test.each([
    ['LATIN1', "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"],
    ['SQL_ASCII', "ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"],
    ['a collation of ICU', "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'sv-SE'"],
    ['a collation of libc', "ENCODING 'UTF8' LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'"],
    ['the mark of a template', 'IS_TEMPLATE true'],
  ])('keeps %s', async (_what, options) => {
    await using server = await PostgresServer.start();
    await server.sql(`CREATE DATABASE shop TEMPLATE template0 ${options}`);
    await server.sql("COMMENT ON DATABASE shop IS 'größer'; CREATE TABLE names (n text)", 'shop');
    await server.sql("INSERT INTO names VALUES ('zebra'), ('ähre'), ('Öl'), ('apfel')", 'shop');
    const sorted = await server.sql('SELECT n FROM names ORDER BY n', 'shop');
    const before = await attributesOf(server, 'shop');
    const dump = await takeFrom(server.url(), 'shop');

    for (const database of ['copy', 'shop']) {
      await restoreTo(server.url(), dump, { database, overwrite: true });
      expect(await attributesOf(server, database)).toEqual(before);
      expect(await server.sql('SELECT n FROM names ORDER BY n', database)).toEqual(sorted);
    }
    expect(await databasesOf(server)).toEqual(['copy', 'shop']);
  });

  test('is restored by a user who is no superuser, owns all, and may create databases', async () => {
    await using server = await PostgresServer.start();
    await server.sql('CREATE ROLE plain LOGIN CREATEDB; CREATE ROLE app');
    await server.sql('CREATE DATABASE shop OWNER plain TEMPLATE template0');
    await server.sql(
      `SET ROLE plain; CREATE SCHEMA s; CREATE TABLE s.t AS SELECT 1 AS i; CREATE TABLE u (id serial PRIMARY KEY);
       GRANT SELECT ON u TO app; GRANT CREATE ON SCHEMA public TO app; COMMENT ON SCHEMA s IS 'mine';
       CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN 1; END $$;
       CREATE EXTENSION pgcrypto; SELECT lo_from_bytea(0, 'x');
       ALTER DATABASE shop SET work_mem = '5MB'; REVOKE CONNECT ON DATABASE shop FROM PUBLIC; GRANT CONNECT ON DATABASE shop TO app`,
      'shop',
    );
    const [before, script] = [await attributesOf(server, 'shop'), await scriptOf(server, 'shop')];
    const url = server.url({ user: 'plain' });
    const dump = await takeFrom(url, 'shop');
    await restoreTo(url, dump, { database: 'shop', overwrite: true });
    await restoreTo(url, dump, { database: 'copy' });
    for (const database of ['shop', 'copy']) {
      expect(await attributesOf(server, database)).toEqual(before);
      expect(await scriptOf(server, database)).toBe(script);
    }
  });

  test('brings its subscription, and is still removed where that is asked for', async () => {
    await using server = await PostgresServer.start();
    await server.createDatabase('shop');
    await server.sql(
      "CREATE SUBSCRIPTION sub CONNECTION 'dbname=nowhere' PUBLICATION p WITH (connect = false, slot_name = 'slot')",
      'shop',
    );
    await using scratch = await TempDir.create();
    const engine = createPostgresqlEngine();
    const dump = await takeFrom(server.url(), 'shop');
    const target = await aim({ url: server.url(), scratch }, { database: 'copy' });
    await engine.stageRestore(target, toLoad(dump));
    await engine.abandonRestore(target);
    expect(await databasesOf(server)).toEqual(['shop']);
    expect(await engine.proveRestore({ ...target, url: server.url() }, toLoad(dump))).toEqual([]);
    expect(await databasesOf(server)).toEqual(['shop']);
    await restoreTo(server.url(), dump, { database: 'copy' });
    const rows = await server.sql('SELECT subname, subenabled, subslotname FROM pg_subscription ORDER BY oid', 'copy');
    expect(rows[1]).toEqual({ subname: 'sub', subenabled: false, subslotname: 'slot' });
  });
});

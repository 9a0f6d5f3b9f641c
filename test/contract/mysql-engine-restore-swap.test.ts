import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { aim, takeRecordedDump, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const OWN = "'information_schema', 'performance_schema', 'mysql', 'sys'";

describe.skipIf(!hasMariadbPrograms)('a database of MariaDB that is replaced', () => {
  let server: MariadbServer;
  let scratch: TempDir;
  beforeAll(async () => {
    server = await MariadbServer.start({ settings: { 'event-scheduler': 'ON' } });
    scratch = await TempDir.create();
  });
  afterEach(async () => {
    for (const name of await listDatabases()) await server.sql(`DROP DATABASE ${quoted(name)}`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  async function listDatabases(): Promise<readonly string[]> {
    const rows = await server.sql(
      `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${OWN}) ORDER BY 1`,
    );
    return rows.map(({ name }) => name as string);
  }

  async function make(name: string, ...statements: readonly string[]): Promise<void> {
    await server.createDatabase(name);
    for (const statement of statements) await server.sql(statement, name);
  }

  async function dumpOf(name: string): Promise<TakenDump> {
    return takeRecordedDump({ engine, url: server.url(), name, scratch });
  }

  async function restore(dump: TakenDump, database: string, overwrite = true): Promise<void> {
    const target = await aim({ url: server.url(), scratch }, { database, overwrite });
    await engine.stageRestore(target, toLoad(dump));
    await engine.commitRestore(target);
  }

  /** What a commit fails with; the restore is given up then. */
  async function failureOf(dump: TakenDump, database: string, url = server.url()): Promise<unknown> {
    const target = await aim({ url, scratch }, { database, overwrite: true });
    const error = await errorOf(
      engine.stageRestore(target, toLoad(dump)).then(async () => engine.commitRestore(target)),
    );
    await engine.abandonRestore({ ...target, url: server.url() });
    return error;
  }

  test('has triggers of the dump that name their database, and the other database keeps its own', async () => {
    await make(
      'shop',
      'CREATE TABLE t (n INT)',
      'CREATE TRIGGER shop.g /* why */ BEFORE INSERT ON `shop` . t FOR EACH ROW SET NEW.n = NEW.n + 1',
    );
    const dump = await dumpOf('shop');
    await server.sql('DROP TRIGGER shop.g');
    await make('other', 'CREATE TABLE t (n INT)');
    const before = await stateOf(server, 'shop');
    await restore(dump, 'other');
    await server.sql('INSERT INTO other.t VALUES (1)');
    expect(await server.sql('SELECT n FROM other.t')).toEqual([{ n: 2 }]);
    expect(await stateOf(server, 'shop')).toEqual(before);
  });

  test('has views that name their database, also when the database itself is gone', async () => {
    await make('base', 'CREATE TABLE b (n INT)');
    await make(
      'shop',
      'CREATE TABLE t (n INT)',
      'CREATE VIEW a_first AS SELECT t.n FROM t JOIN base.b',
      'CREATE VIEW second AS SELECT * FROM a_first',
    );
    const before = await stateOf(server, 'shop');
    const dump = await dumpOf('shop');
    await server.sql('DROP DATABASE shop');
    await restore(dump, 'shop', false);
    expect(await stateOf(server, 'shop')).toEqual(before);
  });

  test('takes the next values of its own sequences', async () => {
    await make(
      'shop',
      "CREATE SEQUENCE `s'q` START WITH 5 CACHE 0",
      "CREATE TABLE t (id INT DEFAULT NEXTVAL(`s'q`), n INT DEFAULT (1 + NEXTVAL(`s'q`)) COMMENT 'nextval(`shop`.`s''q`)')",
      "CREATE TABLE v (id INT DEFAULT NEXTVAL(`s'q`), n INT) WITH SYSTEM VERSIONING",
      'INSERT INTO v (n) VALUES (1)',
    );
    const dump = await dumpOf('shop');
    await server.sql('DROP DATABASE shop');
    await restore(dump, 'later', false);
    await restore(dump, 'shop', false);
    for (const name of ['shop', 'later']) {
      await server.sql('INSERT INTO t () VALUES ()', name);
      expect(await server.sql('SELECT id, n FROM t', name)).toEqual([{ id: 6, n: 8 }]);
      const [{ 'Create Table': definition }] = await server.sql('SHOW CREATE TABLE t', name);
      expect(definition).toContain(`DEFAULT nextval(\`${name}\`.\`s'q\`)`);
      expect(definition).toContain("COMMENT 'nextval(`shop`.`s''q`)'");
    }
  });

  test('keeps foreign keys, tables that merge others, and bodies that look like the ends of statements', async () => {
    await make(
      'shop',
      'CREATE TABLE p (id INT PRIMARY KEY, s INT, FOREIGN KEY (s) REFERENCES p (id))',
      'CREATE TABLE c (id INT PRIMARY KEY, p INT, CONSTRAINT fk FOREIGN KEY (p) REFERENCES p (id) ON DELETE CASCADE)',
      'INSERT INTO p VALUES (1, NULL), (2, 1)',
      'INSERT INTO c VALUES (1, 2)',
      'CREATE TABLE a (n INT) ENGINE = MyISAM',
      'CREATE TABLE m (n INT) ENGINE = MERGE UNION = (a)',
      "CREATE PROCEDURE odd() BEGIN -- it's\n /* END ;;\nDELIMITER ;\n*/ # don't\n SELECT '\n;;\nDELIMITER ;\n', ?; END".replace(
        ', ?',
        '',
      ),
      "SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'; CREATE FUNCTION slash() RETURNS TEXT RETURN CONCAT('\\', \"p\".x, ';;')".replace(
        '"p".x',
        "'?'",
      ),
      'CREATE TRIGGER g AFTER INSERT ON c FOR EACH ROW UPDATE p SET s = NULL WHERE id = NEW.p',
    );
    const before = await stateOf(server, 'shop');
    const dump = await dumpOf('shop');
    await restore(dump, 'shop');
    await restore(dump, 'shop');
    expect(await stateOf(server, 'shop')).toEqual(before);
    await expect(server.sql('INSERT INTO c VALUES (9, 99)', 'shop')).rejects.toThrow('foreign key');
    await server.sql('DELETE FROM p WHERE id = 2', 'shop');
    expect(await server.sql('SELECT * FROM c', 'shop')).toEqual([]);
  });

  test('has events that run only once it has its name', async () => {
    await make('log', 'CREATE TABLE runs (place VARCHAR(64))');
    await make(
      'shop',
      'CREATE TABLE t (n INT)',
      'CREATE EVENT tick ON SCHEDULE EVERY 1 SECOND DISABLE DO INSERT INTO log.runs VALUES (DATABASE())',
    );
    await server.sql('ALTER EVENT tick ENABLE', 'shop');
    const dump = await dumpOf('shop');
    await server.sql('DROP DATABASE shop; DELETE FROM log.runs');
    const target = await aim({ url: server.url(), scratch }, { database: 'later' });
    await engine.stageRestore(target, toLoad(dump));
    expect(await server.sql('SELECT EVENT_SCHEMA FROM information_schema.EVENTS')).toEqual([]);
    await engine.commitRestore(target);
    while ((await server.sql('SELECT DISTINCT place FROM log.runs')).length === 0);
    expect(await server.sql('SELECT DISTINCT place FROM log.runs')).toEqual([{ place: 'later' }]);
  }, 20_000);

  test('is as it was when what comes behind the swap fails', async () => {
    await make('base', 'CREATE TABLE b (n INT)');
    await make(
      'source',
      'CREATE TABLE t (n INT)',
      'CREATE TABLE v (n INT)',
      'CREATE VIEW needs AS SELECT t.n FROM t JOIN base.b',
    );
    const dump = await dumpOf('source');
    await make(
      'shop',
      'CREATE TABLE t (id INT PRIMARY KEY)',
      'CREATE TABLE mine (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id)) WITH SYSTEM VERSIONING',
      'CREATE SEQUENCE s',
      'CREATE VIEW v AS SELECT * FROM t',
      'CREATE VIEW a AS SELECT * FROM v',
      'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.id = NEW.id',
      'CREATE PROCEDURE p() SELECT 1',
      'CREATE EVENT e ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1',
      "ALTER DATABASE shop CHARACTER SET latin1 COMMENT 'mine'",
    );
    const before = await stateOf(server, 'shop');
    await server.sql('DROP DATABASE base');
    const names = await listDatabases();
    expect(await failureOf(dump, 'shop')).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/^Database shop cannot be restored: the server says: .*base\.b/),
    });
    expect(await stateOf(server, 'shop')).toEqual(before);
    expect(
      await server.sql("SELECT SCHEMA_COMMENT AS c FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'shop'"),
    ).toEqual([{ c: 'mine' }]);
    expect(await listDatabases()).toEqual(names);
    expect(await failureOf(dump, 'fresh')).toMatchObject({ code: 'RESTORE_FAILED' });
    expect(await listDatabases()).toEqual(names);
  });

  test('is replaced although it is broken, as a database is that is restored', async () => {
    await make(
      'shop',
      'CREATE TABLE t (n INT)',
      'CREATE TABLE u (n INT)',
      'CREATE VIEW v AS SELECT * FROM t',
      'CREATE TRIGGER g BEFORE INSERT ON u FOR EACH ROW INSERT INTO t VALUES (NEW.n)',
    );
    const before = await stateOf(server, 'shop');
    const dump = await dumpOf('shop');
    await server.sql('DROP TABLE shop.t');
    await restore(dump, 'shop');
    expect(await stateOf(server, 'shop')).toEqual(before);
  });

  test('is left alone while a foreign key of another database refers to it', async () => {
    await make(
      'shop',
      'CREATE TABLE p (id INT PRIMARY KEY)',
      'CREATE TRIGGER g BEFORE INSERT ON p FOR EACH ROW SET NEW.id = NEW.id',
    );
    await make('other', 'CREATE TABLE c (p INT, CONSTRAINT `to shop` FOREIGN KEY (p) REFERENCES shop.p (id))');
    const before = await stateOf(server, 'shop');
    expect(await failureOf(await dumpOf('shop'), 'shop')).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('the foreign key to shop of the table c in the database other refers to it.'),
    });
    expect(await stateOf(server, 'shop')).toEqual(before);
    expect(await listDatabases()).toEqual(['other', 'shop']);
  });

  test('changes places with hundreds of tables', async () => {
    const tables = Array.from(
      { length: 300 },
      (_, index) => `CREATE TABLE t${String(index)} (n INT) ENGINE = MyISAM`,
    ).join(';');
    await make('shop', tables);
    const dump = await dumpOf('shop');
    await restore(dump, 'shop');
    expect(await server.sql('SHOW TABLES FROM shop')).toHaveLength(300);
    expect(await listDatabases()).toEqual(['shop']);
  }, 120_000);

  test('tells which setting to raise where a row is too large for the server', async () => {
    await make('shop', 'CREATE TABLE t (b LONGBLOB)', "INSERT INTO t VALUES (REPEAT('x', 12000000))");
    const dump = await dumpOf('shop');
    const error = await failureOf(dump, 'later');
    expect(error).toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/SET GLOBAL max_allowed_packet = \d+;/),
    });
    expect(await listDatabases()).toEqual(['shop']);
    await server.sql(/SET GLOBAL max_allowed_packet = \d+/.exec((error as Error).message)?.[0] ?? 'none');
    await restore(dump, 'later');
    expect(await server.sql('SELECT LENGTH(b) AS n FROM later.t')).toEqual([{ n: 12_000_000 }]);
  }, 60_000);
});

import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, takeDump } from '../support/dumps.js';
import { createFullDatabase, stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const { signal } = new AbortController();
const ODD_NAMES = [
  'a b',
  'a-b',
  "a'b",
  'a`b',
  'Üñï',
  '--help',
  'a%b',
  'a_b',
  'a.b',
  '-v',
  'a"b',
  'UPPER',
  '$(id)',
  '日本',
];

describe.skipIf(!hasMariadbPrograms)('a dump of a MariaDB database', () => {
  let server: MariadbServer;
  let scratch: TempDir;
  beforeAll(async () => {
    server = await MariadbServer.start();
    scratch = await TempDir.create();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  test('restored under another name equals its source, object by object and row by row', async () => {
    await createFullDatabase(server, 'full');
    const before = await stateOf(server, 'full');

    const dump = await takeDump({ engine, url: server.url(), name: 'full', scratch });
    await server.sql('CREATE DATABASE `other name`');
    await server.run(dump, 'other name');

    expect(await stateOf(server, 'other name')).toEqual(before);
    expect(await stateOf(server, 'full')).toEqual(before);
  });

  test.each(ODD_NAMES)('is of that database alone, whatever its name: %s', async (name) => {
    for (const database of [name, 'aXb', 'target']) {
      await server.sql(
        `CREATE DATABASE ${quoted(database)}; CREATE TABLE ${quoted(database)}.t (n VARCHAR(20)) CHARACTER SET utf8mb4`,
      );
      await server.sql(`INSERT INTO ${quoted(database)}.t VALUES (${JSON.stringify(database)})`);
    }
    await server.sql('CREATE USER odd');
    await server.sql(`GRANT SELECT ON mysql.proc TO odd`);
    const url = server.url({ user: 'odd' });
    try {
      const refusal = await errorOf(takeDump({ engine, url: server.url({ user: 'odd' }), name, scratch }));
      const [grant] = /GRANT [^;]* ON `.*?TO `odd`@`%`;/.exec((refusal as Error).message) ?? [];
      await server.sql(grant ?? 'no statement');

      const listed = (await engine.probe(url, signal)).databases.filter(({ system }) => !system);
      expect(listed.map((database) => database.name)).toEqual([name]);
      const dump = await takeDump({ engine, url, name, scratch });
      await engine.checkFormat('sql', Readable.from([dump]), signal);
      await server.run(dump, 'target');
      expect(await server.sql('SELECT n FROM target.t')).toEqual([{ n: name }]);
    } finally {
      await server.sql(`DROP USER odd; DROP DATABASE target; DROP DATABASE aXb; DROP DATABASE ${quoted(name)}`);
    }
  });

  test('of Asian texts has each of their codes as it was, beside all else that a database may have', async () => {
    await createFullDatabase(server, 'asian');
    await server.sql('ALTER TABLE `generated` DROP d, DROP e', 'asian');
    for (const set of [
      'cp932',
      'sjis',
      'ujis',
      'eucjpms',
      'euckr',
      'gbk',
      'gb2312',
      'big5',
      'cp1256',
      'hebrew',
      'swe7',
    ]) {
      await server.sql(
        `SET SESSION sql_mode = ''; CREATE TABLE codes_${set} (code VARBINARY(2) PRIMARY KEY, word VARCHAR(4), long_word TEXT,
           mood ENUM('a', 'é') CHARACTER SET latin1 DEFAULT 'é') CHARACTER SET ${set} COMMENT 'ü';
         INSERT IGNORE INTO codes_${set} (code, word, long_word)
           SELECT code, code, code FROM (SELECT UNHEX(HEX(seq)) AS code FROM mysql.seq_1_to_65535) AS codes`,
        'asian',
      );
    }
    const before = await stateOf(server, 'asian');
    const codes =
      'SELECT MD5(GROUP_CONCAT(HEX(word), HEX(long_word), HEX(mood))) AS sum, COUNT(*) AS n FROM codes_cp932';
    const sums = await server.sql(codes, 'asian');

    const dump = await takeDump({ engine, url: server.url(), name: 'asian', scratch });
    await server.createDatabase('later asian');
    await server.run(dump, 'later asian');
    expect(await server.sql(codes, 'later asian')).toEqual(sums);
    expect(await stateOf(server, 'later asian')).toEqual(before);
  }, 60_000);

  test('says so where Asian texts cannot be dumped code by code', async () => {
    await server.createDatabase('mixed');
    await server.sql('CREATE TABLE t (word VARCHAR(9) CHARACTER SET cp932, id UUID)', 'mixed');
    const dump = await takeDump({ engine, url: server.url(), name: 'mixed', scratch });
    expect(dump.toString('utf8')).toContain('-- Characters of cp932 that Unicode lacks, or has once for several');
  });

  test('has the comment of its database', async () => {
    const comment = `it's "ü" \\ and \\n\n-- DROP 日本`;
    await server.sql(`CREATE DATABASE noted COMMENT '${comment.replaceAll("'", "''")}'`);
    const dump = await takeDump({ engine, url: server.url(), name: 'noted', scratch });
    await engine.checkFormat('sql', Readable.from([dump]), signal);
    await server.createDatabase('later noted');
    await server.run(dump, 'later noted', ['--default-character-set=latin1']);
    const of = (name: string): Promise<any[]> =>
      server.sql(`SELECT SCHEMA_COMMENT AS text FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = '${name}'`);
    expect((await of('noted'))[0].text).toContain('日本');
    expect(await of('later noted')).toEqual(await of('noted'));
  });

  test('names tables whose rows live elsewhere', async () => {
    await server.sql(
      'CREATE DATABASE merged; CREATE TABLE merged.a (n INT) ENGINE = MyISAM; INSERT INTO merged.a VALUES (5); CREATE TABLE merged.`b\nc` (n INT) ENGINE = MERGE UNION = (merged.a)',
    );
    const dump = await takeDump({ engine, url: server.url(), name: 'merged', scratch });
    expect(dump.toString('utf8')).toContain(
      '\n-- The rows of these tables are kept elsewhere and are not in this dump: "b\\nc" (MRG_MyISAM).\n',
    );
    await server.createDatabase('later merged');
    await server.run(dump, 'later merged');
    expect(await server.sql('SELECT n FROM `b\nc`', 'later merged')).toEqual([{ n: 5 }]);
  });

  test('with a large blob is restored by who allows large packets', async () => {
    await server.createDatabase('large');
    const content = "REPEAT(x'00ff27', 3500000)";
    await server.sql(`CREATE TABLE t (b LONGBLOB); INSERT INTO t VALUES (${content})`, 'large');
    const dump = await takeDump({ engine, url: server.url(), name: 'large', scratch });
    await server.createDatabase('later large');
    await expect(server.run(dump, 'later large')).rejects.toThrow();
    await server.sql('SET GLOBAL max_allowed_packet = 1073741824');
    await server.run(dump, 'later large', ['--max-allowed-packet=1G']);
    expect(await server.sql(`SELECT b = ${content} AS same FROM t`, 'later large')).toEqual([{ same: 1 }]);
  });

  test('says so where the history of tables cannot be dumped, and holds what is current', async () => {
    await server.createDatabase('by transaction');
    await server.sql(
      `CREATE TABLE t (n INT, a BIGINT UNSIGNED GENERATED ALWAYS AS ROW START, b BIGINT UNSIGNED GENERATED ALWAYS AS ROW END,
         PERIOD FOR SYSTEM_TIME (a, b)) WITH SYSTEM VERSIONING;
       INSERT INTO t (n) VALUES (1); UPDATE t SET n = 2`,
      'by transaction',
    );
    const dump = await takeDump({ engine, url: server.url(), name: 'by transaction', scratch });
    expect(dump.toString('utf8')).toContain('\n-- The history of system-versioned tables is not in this dump.\n');
    await server.createDatabase('later');
    await server.run(dump, 'later');
    expect(await server.sql('SELECT n FROM later.t')).toEqual([{ n: 2 }]);
  });
});

describe.skipIf(!hasMariadbPrograms)('a dump of the users of a MariaDB server', () => {
  test('restored on another server makes the same users, roles and grants, and leaves others alone', async () => {
    await using server = await MariadbServer.start();
    await using other = await MariadbServer.start();
    await using scratch = await TempDir.create();
    await server.sql(`
      CREATE DATABASE shop; CREATE TABLE shop.items (id INT, price INT); CREATE PROCEDURE shop.p() SELECT 1;
      CREATE ROLE readers; CREATE ROLE writers; GRANT readers TO writers; GRANT SELECT ON shop.* TO readers; GRANT INSERT ON shop.* TO writers;
      CREATE USER 'o''hara \`x\`'@'10.%' IDENTIFIED BY 'p"a''ss' REQUIRE SSL WITH MAX_USER_CONNECTIONS 3;
      GRANT writers TO 'o''hara \`x\`'@'10.%' WITH ADMIN OPTION; SET DEFAULT ROLE writers FOR 'o''hara \`x\`'@'10.%';
      CREATE USER 'Üser'@'%' IDENTIFIED VIA unix_socket OR mysql_native_password USING PASSWORD('x') ACCOUNT LOCK;
      GRANT SELECT (price), UPDATE (id) ON shop.items TO 'Üser'@'%' WITH GRANT OPTION;
      GRANT EXECUTE ON PROCEDURE shop.p TO 'Üser'@'%'; GRANT RELOAD, PROCESS ON *.* TO 'Üser'@'%'; GRANT ALL ON \`sh\\_op%\`.* TO 'Üser'@'%';
      CREATE USER ''@'localhost'; CREATE USER watcher@'%' IDENTIFIED BY 'hunter2'; GRANT SELECT ON mysql.* TO watcher@'%'`);
    await other.sql(`CREATE DATABASE shop; CREATE TABLE shop.items (id INT, price INT); CREATE PROCEDURE shop.p() SELECT 1;
      CREATE USER mine@'%' IDENTIFIED BY 'kept'; CREATE USER watcher@'%' IDENTIFIED BY 'another'`);
    const [mine] = await other.sql(`SHOW CREATE USER mine@'%'`);

    const url = server.url({ user: 'watcher', password: 'hunter2' });
    const dump = await takeDump({ engine, url, name: 'mysql', system: true, scratch });
    await other.run(dump);

    expect(await other.sql(`SHOW CREATE USER mine@'%'`)).toEqual([mine]);
    for (const account of [`'o''hara \`x\`'@'10.%'`, `'Üser'@'%'`, `''@'localhost'`, `watcher@'%'`]) {
      for (const show of ['SHOW CREATE USER', 'SHOW GRANTS FOR']) {
        expect(await other.sql(`${show} ${account}`)).toEqual(await server.sql(`${show} ${account}`));
      }
    }
    for (const role of ['readers', 'writers']) {
      expect(await other.sql(`SHOW GRANTS FOR ${role}`)).toEqual(await server.sql(`SHOW GRANTS FOR ${role}`));
    }
  });

  test('names the right that it takes, and does not begin without it', async () => {
    await using server = await MariadbServer.start();
    await using scratch = await TempDir.create();
    await server.sql(`CREATE USER watcher@'%'`);
    const url = server.url({ user: 'watcher' });
    const dumping = takeDump({ engine, url, name: 'mysql', system: true, scratch });
    await expect(dumping).rejects.toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringContaining('GRANT SELECT ON `mysql`.* TO `watcher`@`%`;'),
    });
    const databases = await engine.listDatabases(url, signal);
    expect(engine.systemParts(databases).map(({ name }) => name)).toEqual(['mysql']);
  });

  test('tells what to do about an account that the server takes no notice of', async () => {
    await using server = await MariadbServer.start();
    await using scratch = await TempDir.create();
    await server.sql(`INSERT INTO mysql.global_priv VALUES ('app.example.com', 'app', '{"access": 0}')`);
    const dumping = takeDump({ engine, url: server.url(), name: 'mysql', system: true, scratch });
    await expect(dumping).rejects.toMatchObject({
      code: 'DUMP_FAILED',
      message: expect.stringMatching(/'app'@'app.example.com'.*Drop the account, then take the backup again\.$/),
    });
  });
});

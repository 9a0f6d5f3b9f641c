import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ClientTools } from '../../src/engines/client-tools.js';
import type { AbandonTarget } from '../../src/engines/database-restorer.js';
import { MysqlEngine } from '../../src/engines/mysql/mysql-engine.js';
import { toReplacedName, toStagedName } from '../../src/engines/staging-name.js';
import { errorOf } from '../support/dumps.js';
import { stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { beforeStatement, onStatement } from '../support/mysql-statements.js';
import { aim, takeRecordedDump, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const tools = new ClientTools((process.env.PATH ?? '').split(':'));
/** It waits no longer than a test may. */
const engine = new MysqlEngine(tools, { owner: 1, locks: 1 });
const OWN = "'information_schema', 'performance_schema', 'mysql', 'sys'";
const NOBODY_KNOWS = { name: 'EngineUnreachableError' };
const KINDS = [
  'CREATE TABLE both_have (which VARCHAR(20))',
  "INSERT INTO both_have VALUES ('{t}')",
  'CREATE TABLE {t} (n INT)',
  'INSERT INTO {t} VALUES (1)',
  "CREATE FUNCTION `{t} f`() RETURNS TEXT RETURN '{t}'",
  'CREATE VIEW `{t} v` AS SELECT * FROM {t}',
  'CREATE TRIGGER `{t} g` BEFORE INSERT ON {t} FOR EACH ROW SET NEW.n = NEW.n',
];

describe.skipIf(!hasMariadbPrograms)('a restore to MariaDB that is broken off', () => {
  const others: Connection[] = [];
  let server: MariadbServer;
  let scratch: TempDir;
  let dumps: Readonly<Record<'fresh' | 'later', TakenDump>>;
  let states: Readonly<Record<'old' | 'fresh' | 'later', unknown>>;

  async function make(name: string, word: string): Promise<unknown> {
    await server.createDatabase(name);
    for (const kind of KINDS) await server.sql(kind.replaceAll('{t}', word), name);
    return stateOf(server, name);
  }

  async function take(name: string): Promise<TakenDump> {
    return takeRecordedDump({ engine, url: server.url(), name, scratch });
  }

  async function listDatabases(): Promise<readonly string[]> {
    const rows = await server.sql(
      `SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${OWN}) ORDER BY 1`,
    );
    return rows.map(({ name }) => name as string);
  }

  async function stage(dump: TakenDump, database = 'shop'): Promise<AbandonTarget> {
    const target = await aim({ url: server.url(), scratch }, { database, overwrite: true });
    await engine.stageRestore(target, toLoad(dump));
    return target;
  }

  async function connect(database?: string): Promise<Connection> {
    const connection = await server.connect(database);
    others.push(connection);
    return connection;
  }

  /** Every connection but those of the tests. */
  async function killAll(): Promise<void> {
    const threads = await server.sql("SELECT ID FROM information_schema.PROCESSLIST WHERE HOST LIKE '127.0.0.1%'");
    for (const { ID } of threads) await server.sql(`KILL ${String(ID)}`);
  }

  /** Between the change of tables and the last of the code. */
  async function breakOff(dump = dumps.fresh, database = 'shop'): Promise<AbandonTarget> {
    const target = await stage(dump, database);
    using _killer = beforeStatement(/50003 TRIGGER/, killAll);
    expect(await errorOf(engine.commitRestore(target))).toMatchObject(NOBODY_KNOWS);
    return target;
  }

  /** What the database has, when it has no more; and what there is beside. */
  async function expectOnly(state: unknown, databases: readonly string[] = ['shop']): Promise<void> {
    expect(await stateOf(server, 'shop')).toEqual(state);
    expect(await server.sql("SHOW TABLES FROM shop LIKE 'rds%'")).toEqual([]);
    expect(await listDatabases()).toEqual(databases);
  }

  beforeAll(async () => {
    server = await MariadbServer.start();
    scratch = await TempDir.create();
    const [fresh, later] = [await make('fresh_db', 'fresh'), await make('later_db', 'later')];
    dumps = { fresh: await take('fresh_db'), later: await take('later_db') };
    await server.sql('DROP DATABASE fresh_db; DROP DATABASE later_db');
    states = { old: null, fresh, later };
  });
  beforeEach(async () => {
    states = { ...states, old: await make('shop', 'old') };
  });
  afterEach(async () => {
    // One that a failed test has left open would hold its locks.
    for (const connection of others.splice(0)) connection.destroy();
    for (const name of await listDatabases()) await server.sql(`DROP DATABASE ${quoted(name)}`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  test('has no outcome while the server cannot be reached', async () => {
    const target = { ...(await stage(dumps.fresh)), url: 'mariadb://root@127.0.0.1:1' };
    expect(await errorOf(engine.stageRestore(target, toLoad(dumps.fresh)))).toMatchObject(NOBODY_KNOWS);
    expect(await errorOf(engine.proveRestore(target, toLoad(dumps.fresh)))).toMatchObject(NOBODY_KNOWS);
    expect(await errorOf(engine.commitRestore(target))).toMatchObject(NOBODY_KNOWS);
    expect(await errorOf(engine.abandonRestore(target))).toMatchObject(NOBODY_KNOWS);
  });

  test('has no outcome while another session still works on it', async () => {
    const target = await stage(dumps.fresh);
    const other = await connect();
    await other.query(`SELECT GET_LOCK('${toStagedName(target.stagingId)}', 0)`);
    expect(await errorOf(engine.commitRestore(target))).toMatchObject(NOBODY_KNOWS);
    expect(await errorOf(engine.abandonRestore(target))).toMatchObject(NOBODY_KNOWS);
    await other.end();
    expect(await engine.commitRestore(target)).toBe(true);
    await expectOnly(states.fresh);
  });

  test('is finished, or taken back, once its connection was killed behind the change of tables', async () => {
    expect(await engine.commitRestore(await breakOff())).toBe(true);
    await expectOnly(states.fresh);
    await engine.abandonRestore(await breakOff(dumps.later));
    await expectOnly(states.fresh);
    await engine.abandonRestore(await breakOff(dumps.later, 'new_db'));
    await expectOnly(states.fresh);
  });

  test('fails with nothing touched while a transaction of somebody uses a table', async () => {
    const target = await stage(dumps.fresh);
    const other = await connect('shop');
    await other.query('START TRANSACTION; SELECT * FROM old');
    const dropped: string[] = [];
    using _watch = onStatement((statement) => {
      if (/^DROP (EVENT|TRIGGER|VIEW|FUNCTION)/.test(statement) && !statement.includes('rds_trial'))
        dropped.push(statement);
    });
    expect(await errorOf(engine.commitRestore(target))).toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining('Another session uses the database.'),
    });
    expect(dropped).toEqual([]);
    await other.end();
    await engine.abandonRestore(target);
    await expectOnly(states.old);
  });

  test('has no outcome while what is half dropped can neither be dropped nor put back', async () => {
    const target = await stage(dumps.fresh);
    const other = await connect('shop');
    await other.query('START TRANSACTION; SELECT `old f`()');
    expect(await errorOf(engine.commitRestore(target))).toMatchObject(NOBODY_KNOWS);
    expect(await errorOf(engine.abandonRestore(target))).toMatchObject(NOBODY_KNOWS);
    await other.end();
    expect(await engine.commitRestore(target)).toBe(true);
    await expectOnly(states.fresh);
  });

  test('touches nothing of a later restore that has replaced its database', async () => {
    const target = await breakOff();
    expect(await engine.commitRestore(await stage(dumps.later))).toBe(true);
    expect(await errorOf(engine.commitRestore(target))).toMatchObject({ name: 'RestoreFailedError' });
    await engine.abandonRestore(target);
    await expectOnly(states.later);
  });

  test('touches nothing that a later restore has made of a backup of its half', async () => {
    const target = await breakOff();
    const half = await take('shop');
    expect(await engine.commitRestore(await stage(half))).toBe(true);
    const state = await stateOf(server, 'shop');
    await engine.abandonRestore(target);
    await expectOnly(state);
  });

  test('touches nothing of a database that somebody has made in place of its own', async () => {
    const target = await breakOff();
    await server.sql('DROP DATABASE shop');
    const mine = await make('shop', 'mine');
    await engine.abandonRestore(target);
    await expectOnly(mine);
  });

  test('keeps the former tables where nobody else has any', async () => {
    const target = await breakOff();
    await server.sql('DROP DATABASE shop');
    const replaced = toReplacedName(target.stagingId);
    expect(await errorOf(engine.abandonRestore(target))).toMatchObject({
      name: 'RestoreFailedError',
      message: expect.stringContaining(`in the database ${replaced}, which is kept`),
    });
    expect(await server.sql('SELECT which FROM both_have', replaced)).toEqual([{ which: 'old' }]);
  });

  test('is taken back in more than one try, and the second one drops nothing', async () => {
    const target = await breakOff();
    {
      using _killer = beforeStatement(/50001 VIEW `old v`/, killAll);
      expect(await errorOf(engine.abandonRestore(target))).toMatchObject(NOBODY_KNOWS);
    }
    await server.sql('CREATE VIEW `mine v` AS SELECT 1 AS n', 'shop');
    await engine.abandonRestore(target);
    expect(await server.sql('SELECT n FROM `mine v`', 'shop')).toEqual([{ n: 1 }]);
    await server.sql('DROP VIEW `mine v`', 'shop');
    await expectOnly(states.old);
  });

  test('is done although somebody keeps what is beside it from being removed, which can be done later', async () => {
    const target = await stage(dumps.fresh);
    const staged = toStagedName(target.stagingId);
    const other = await connect();
    await other.query(`START TRANSACTION; SELECT COUNT(*) FROM ${staged}.${staged}`);
    expect(await engine.commitRestore(target)).toBe(false);
    await expectOnly(states.fresh, [staged, 'shop']);
    expect(await errorOf(engine.abandonRestore(target))).toBeInstanceOf(Error);
    await other.end();
    await engine.abandonRestore(target);
    await expectOnly(states.fresh);
    expect(await engine.commitRestore(target)).toBe(true);
  });
});

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { onStatement } from '../support/mysql-statements.js';
import { aim, hangingHalf, takeRecordedDump, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const KINDS = [
  'CREATE TABLE t (n INT)',
  'INSERT INTO t VALUES (1), (2)',
  'CREATE VIEW v AS SELECT n FROM t',
  'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW SET NEW.n = NEW.n + 1',
  "CREATE FUNCTION f() RETURNS TEXT RETURN 'loads'",
  "CREATE EVENT `e ON COMPLETION PRESERVE ENABLE` ON SCHEDULE EVERY 1 SECOND DO SELECT ' PRESERVE ENABLE'",
  'CREATE EVENT off ON SCHEDULE EVERY 1 DAY DISABLE DO SELECT 1',
];

describe.skipIf(!hasMariadbPrograms)('a proof of a dump of MariaDB', () => {
  let source: MariadbServer;
  let server: MariadbServer;
  let scratch: TempDir;
  let dump: TakenDump;
  beforeAll(async () => {
    [source, server] = [await MariadbServer.start(), await MariadbServer.start()];
    scratch = await TempDir.create();
    await source.sql('CREATE DATABASE base; CREATE TABLE base.b (n INT); CREATE DATABASE shop');
    for (const kind of KINDS) await source.sql(kind, 'shop');
    dump = await takeRecordedDump({ engine, url: source.url(), name: 'shop', scratch });
  });
  afterEach(async () => {
    expect(await server.sql("SHOW DATABASES LIKE 'rds%'")).toEqual([]);
  });
  afterAll(async () => {
    await source[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  async function prove(taken: TakenDump): Promise<unknown> {
    return engine.proveRestore(await aim({ url: server.url(), scratch }, { database: '' }), toLoad(taken));
  }

  function spoilt(from: string, to: string): TakenDump {
    const text = dump.bytes.toString('latin1');
    expect(text).toContain(from);
    return { ...dump, bytes: Buffer.from(text.replace(from, to), 'latin1') };
  }

  test('loads all that it has, and no event runs', async () => {
    const seen: unknown[] = [];
    using _watch = onStatement(async (statement) => {
      if (!statement.startsWith('SELECT COUNT(*)')) return;
      const kinds = ['VIEWS', 'TRIGGERS', 'ROUTINES'];
      for (const kind of kinds) {
        const place = `${kind === 'VIEWS' ? 'TABLE' : kind.slice(0, -1)}_SCHEMA`;
        const [row] = await server.sql(
          `SELECT COUNT(*) AS n FROM information_schema.${kind} WHERE ${place} LIKE 'rds%'`,
        );
        seen.push(Number((row as { n: string }).n));
      }
      seen.push(
        ...(await server.sql('SELECT STATUS FROM information_schema.EVENTS')).map(({ STATUS }) => STATUS as string),
      );
    });
    expect(await prove(dump)).toEqual([{ name: 't', rows: 2 }]);
    expect(seen).toEqual([1, 1, 1, 'DISABLED', 'DISABLED']);
  });

  test.each([
    ['a routine', "RETURN 'loads'", 'RETURN (((('],
    ['a trigger', 'NEW.n + 1', 'NEW.missing'],
    ['a view', 'AS select `t`.`n` AS `n` from `t`', 'AS select `t`.`n` AS `n` from `u`'],
    ['an event', 'DO SELECT 1', 'DO SELECT (((('],
  ])('fails where %s does not load', async (_what, from, to) => {
    expect(await errorOf(prove(spoilt(from, to)))).toMatchObject({
      name: 'RestoreFailedError',
      code: 'RESTORE_FAILED',
    });
  });

  test('does not hang on another database that a view names', async () => {
    await source.sql(
      'CREATE VIEW `a first` AS SELECT t.n FROM t JOIN base.b; CREATE VIEW `b second` AS SELECT n FROM `a first`',
      'shop',
    );
    const taken = await takeRecordedDump({ engine, url: source.url(), name: 'shop', scratch });
    await source.sql('DROP VIEW `a first`, `b second`', 'shop');
    expect(await prove(taken)).toEqual([{ name: 't', rows: 2 }]);
  });

  test('removes what it has put there also when it is stopped', async () => {
    const aborting = new AbortController();
    const target = await aim({ url: server.url(), scratch }, { database: '', signal: aborting.signal });
    const reason = new Error('enough');
    const content = hangingHalf(dump.bytes, () => {
      aborting.abort(reason);
    });
    expect(await errorOf(engine.proveRestore(target, toLoad(dump, content)))).toBe(reason);
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { KILLS } from '../support/kills.js';
import { stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { aim, takeRecordedDump, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const CHILD = new URL('../support/mariadb-commit-child.ts', import.meta.url).pathname;
/** How often a commit is killed. */
const MOMENTS = KILLS;
const KINDS = [
  'CREATE TABLE {t} (id INT PRIMARY KEY, s INT, FOREIGN KEY (s) REFERENCES {t} (id))',
  'CREATE TABLE both_have (id INT PRIMARY KEY, which VARCHAR(20))',
  "INSERT INTO both_have VALUES (1, '{t}')",
  'CREATE SEQUENCE `{t} seq` START WITH 7 CACHE 0',
  'CREATE TABLE `{t} next` (id INT DEFAULT NEXTVAL(`{t} seq`)) WITH SYSTEM VERSIONING',
  "CREATE FUNCTION f() RETURNS TEXT RETURN '{t}'",
  'CREATE PROCEDURE `{t} p`() SELECT f()',
  'CREATE VIEW `a {t} view` AS SELECT id, f() AS f FROM {t}',
  'CREATE VIEW `{t} over` AS SELECT * FROM `a {t} view`',
  'CREATE TRIGGER g BEFORE INSERT ON both_have FOR EACH ROW SET NEW.id = NEW.id',
  'CREATE TRIGGER `{t} trigger` BEFORE UPDATE ON {t} FOR EACH ROW SET NEW.id = NEW.id',
  "CREATE EVENT e ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DO SELECT '{t}'",
];

async function commitIn(url: string, stagingId: string, ...numbers: readonly number[]): Promise<string> {
  const args = ['--import', 'tsx', CHILD, url, 'shop', stagingId, ...numbers.map(String)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  return output;
}

describe.skipIf(!hasMariadbPrograms)('a commit that dies with its process', () => {
  let server: MariadbServer;
  let scratch: TempDir;
  let dump: TakenDump;
  let wanted: unknown;
  beforeAll(async () => {
    server = await MariadbServer.start();
    scratch = await TempDir.create();
    await make('source', 'fresh');
    wanted = await stateOf(server, 'source');
    dump = await takeRecordedDump({ engine: createMysqlEngine(), url: server.url(), name: 'source', scratch });
    await server.sql('DROP DATABASE source');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  async function make(name: string, word: string): Promise<void> {
    await server.createDatabase(name);
    for (const kind of KINDS) await server.sql(kind.replaceAll('{t}', word), name);
  }

  async function stage(): Promise<Awaited<ReturnType<typeof aim>>> {
    const target = await aim({ url: server.url(), scratch }, { database: 'shop', overwrite: true });
    await createMysqlEngine().stageRestore(target, toLoad(dump));
    return target;
  }

  async function expectNothingBeside(): Promise<void> {
    const names = await server.sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'rds%'");
    expect(names).toEqual([]);
    expect(await server.sql("SHOW TABLES FROM shop LIKE 'rds%'")).toEqual([]);
  }

  test('is finished, or taken back, by another server, whatever the moment', async () => {
    await make('shop', 'old');
    const old = await stateOf(server, 'shop');
    const { stagingId } = await stage();
    const statements = Number(await commitIn(server.url(), stagingId, 0));
    expect(await stateOf(server, 'shop')).toEqual(wanted);
    expect(statements).toBeGreaterThan(MOMENTS);

    for (let moment = 0; moment < MOMENTS; moment += 1) {
      await server.sql('DROP DATABASE shop');
      await make('shop', 'old');
      const target = await stage();
      const deadly = 1 + Math.floor((moment * statements) / MOMENTS);
      expect(await commitIn(target.url, target.stagingId, deadly, (moment % 3) * 5)).toBe('');
      const isFinished = moment % 2 === 0;
      const engine = createMysqlEngine();
      await (isFinished ? engine.commitRestore(target) : engine.abandonRestore(target));
      const state = await stateOf(server, 'shop');
      // It may have been as good as done.
      const isNew = JSON.stringify(state) === JSON.stringify(wanted);
      expect({ deadly, state }).toEqual({ deadly, state: isFinished || isNew ? wanted : old });
      await expectNothingBeside();
    }
  }, 600_000);
});

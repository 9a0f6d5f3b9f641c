import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { createFullDatabase, stateOf } from '../support/mariadb-sample.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { aim, takeRecordedDump, toLoad } from '../support/restores.js';
import type { TakenDump } from '../support/restores.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const BESIDE = 'SELECT, INSERT, DELETE, CREATE, ALTER, DROP, REFERENCES, TRIGGER, SHOW VIEW, EVENT';
const STAGED = 'GRANT ' + BESIDE + ' ON `rds\\_restore\\_%`.* TO restorer';
const REPLACED = 'GRANT SELECT, INSERT, CREATE, ALTER, DROP ON `rds\\_replaced\\_%`.* TO restorer';
const TARGET =
  'GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, REFERENCES, LOCK TABLES, TRIGGER, EVENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, EXECUTE ON shop.* TO restorer';
const ROUTINES = 'GRANT SELECT ON mysql.proc TO restorer';
const DEFINERS = 'GRANT SET USER ON *.* TO restorer';

/** By the right that is missing: what is left, and what the refusal says. */
const LACKS: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['on what is staged', [REPLACED, TARGET, ROUTINES, DEFINERS], /Access denied.*GRANT the user ALL on/],
  ['on what is replaced', [STAGED, TARGET, ROUTINES, DEFINERS], /Access denied.*GRANT the user ALL on/],
  ['on the database', [STAGED, REPLACED, ROUTINES, DEFINERS], /denied|exists|lacks rights/],
  ['to see routines', [STAGED, REPLACED, TARGET, DEFINERS], /lacks rights .*GRANT SELECT ON `mysql`.`proc`/],
  ['to name definers', [STAGED, REPLACED, TARGET, ROUTINES], /GRANT SET USER ON \*\.\*/],
];

describe.skipIf(!hasMariadbPrograms)('a user that restores to MariaDB', () => {
  let server: MariadbServer;
  let scratch: TempDir;
  let dump: TakenDump;
  let before: unknown;
  const url = (): string => server.url({ user: 'restorer' });
  beforeAll(async () => {
    server = await MariadbServer.start();
    scratch = await TempDir.create();
    await createFullDatabase(server, 'shop');
    before = await stateOf(server, 'shop');
    dump = await takeRecordedDump({ engine, url: server.url(), name: 'shop', scratch });
  });
  beforeEach(async () => server.sql('CREATE USER restorer'));
  afterEach(async () => server.sql('DROP USER restorer'));
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  test('needs no more than the rights that are documented', async () => {
    for (const grant of [STAGED, REPLACED, TARGET, ROUTINES, DEFINERS]) await server.sql(grant);
    const target = await aim({ url: url(), scratch }, { database: 'shop', overwrite: true });
    await engine.stageRestore(target, toLoad(dump));
    await engine.commitRestore(target);
    expect(await stateOf(server, 'shop')).toEqual(before);
  });

  test.each(LACKS)('is told which right is missing %s, and the database stays', async (_what, grants, message) => {
    for (const grant of grants) await server.sql(grant);
    const target = await aim({ url: url(), scratch }, { database: 'shop', overwrite: true });
    const restoring = engine.stageRestore(target, toLoad(dump)).then(async () => engine.commitRestore(target));
    const error = await errorOf(restoring);
    await engine.abandonRestore({ ...target, url: server.url() });
    expect(error).toMatchObject({ name: 'RestoreFailedError', message: expect.stringMatching(message) });
    expect(await stateOf(server, 'shop')).toEqual(before);
    expect(await server.sql("SHOW DATABASES LIKE 'rds%'")).toEqual([]);
  });
});

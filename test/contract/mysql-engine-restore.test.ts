import { afterAll, beforeAll, describe } from 'vitest';
import { createFullDatabase, stateOf } from '../support/mariadb-sample.js';
import { countRows } from '../support/mariadb-restores.js';
import { hasMariadbPrograms, MariadbServer, quoted } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';
import { databaseRestorerContract } from './database-restorer.contract.js';
import type { RestorerSubject } from './restorer-subject.js';

const ODD_NAMES = ['a b', 'a`b', '日本 Ü', '--help', '$(id)', 'a.b', "it's", 'UPPER'];
const FAULTY_NAMES = ['', 'a ', 'a\0b', 'smile 😀', 'MySQL', 'sys', 'INFORMATION_SCHEMA', 'x'.repeat(65)];
const OWN = "'information_schema', 'performance_schema', 'mysql', 'sys'";

async function createSubject(server: MariadbServer): Promise<RestorerSubject> {
  const scratch = await TempDir.create();
  await createFullDatabase(server, 'Shop');
  await server.sql(
    'CREATE DATABASE stock; CREATE TABLE stock.other (n INT); INSERT INTO stock.other VALUES (7); CREATE VIEW stock.numbers AS SELECT n FROM stock.other',
  );
  const listEverything = async (): Promise<readonly string[]> =>
    (await server.sql(`SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA WHERE SCHEMA_NAME NOT IN (${OWN})`))
      .map(({ name }) => name as string)
      .toSorted();
  return {
    createEngine: createMysqlEngine,
    url: server.url(),
    databases: ['Shop', 'stock'],
    oddNames: ODD_NAMES,
    faultyNames: [...FAULTY_NAMES, `rds_restore_${'0'.repeat(24)}`],
    proofUrl: server.url(),
    scratch,
    listEverything,
    contentOf: (name) => stateOf(server, name),
    countRows: (name) => countRows(server, name),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      for (const name of await listEverything()) await server.sql(`DROP DATABASE ${quoted(name)}`);
      await scratch[Symbol.asyncDispose]();
    },
  };
}

describe.skipIf(!hasMariadbPrograms)('restores to MariaDB', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
  });

  databaseRestorerContract(() => createSubject(server));
});

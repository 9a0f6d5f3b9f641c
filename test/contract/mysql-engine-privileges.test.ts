import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorOf, takeDump } from '../support/dumps.js';
import { hasMariadbPrograms, MariadbServer } from '../support/mariadb-server.js';
import { createMysqlEngine } from '../support/mysql-engine.js';
import { TempDir } from '../support/temp-dir.js';

const engine = createMysqlEngine();
const { signal } = new AbortController();

interface Lack {
  readonly what: string;
  /** What the user app is given. */
  readonly grants: string;
  /** The statements that the refusal must name. */
  readonly remedy: readonly string[];
}

const PROC = 'GRANT SELECT ON mysql.proc TO app';
const LACKS: readonly Lack[] = [
  {
    what: 'nothing but rights on a table',
    grants: `GRANT SELECT, SHOW VIEW, TRIGGER ON rights.t TO app; GRANT EVENT ON rights.* TO app; ${PROC}`,
    remedy: ['GRANT SELECT, SHOW VIEW, TRIGGER ON `rights`.* TO `app`@`%`;'],
  },
  {
    what: 'no SHOW VIEW',
    grants: `GRANT SELECT, TRIGGER, EVENT ON rights.* TO app; ${PROC}`,
    remedy: ['GRANT SHOW VIEW ON `rights`.* TO `app`@`%`;'],
  },
  {
    what: 'no TRIGGER',
    grants: `GRANT SELECT, SHOW VIEW, EVENT ON rights.* TO app; ${PROC}`,
    remedy: ['GRANT TRIGGER ON `rights`.* TO `app`@`%`;'],
  },
  {
    what: 'no EVENT',
    grants: `GRANT SELECT, SHOW VIEW, TRIGGER ON rights.* TO app; ${PROC}`,
    remedy: ['GRANT EVENT ON `rights`.* TO `app`@`%`;'],
  },
  {
    what: 'no right to read routines',
    grants: 'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT, EXECUTE ON rights.* TO app',
    remedy: ['GRANT SELECT ON `mysql`.`proc` TO `app`@`%`;'],
  },
  {
    what: 'a grant that a more specific one hides',
    grants: `GRANT SELECT, SHOW VIEW, TRIGGER ON rights.* TO app; GRANT EVENT ON \`r%\`.* TO app; ${PROC}`,
    remedy: ['GRANT EVENT ON `rights`.* TO `app`@`%`;'],
  },
  {
    what: 'a role that is not active',
    grants: `CREATE ROLE reader; GRANT ALL ON rights.* TO reader; GRANT reader TO app; GRANT INSERT ON rights.* TO app`,
    remedy: [
      'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON `rights`.* TO `app`@`%`;',
      'GRANT SELECT ON `mysql`.`proc` TO `app`@`%`;',
    ],
  },
];

describe.skipIf(!hasMariadbPrograms)('a user of a MariaDB server', () => {
  let server: MariadbServer;
  let scratch: TempDir;
  beforeAll(async () => {
    scratch = await TempDir.create();
    server = await MariadbServer.start();
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  async function begin(grants: string): Promise<AsyncDisposable> {
    await server.sql(
      `CREATE DATABASE rights; CREATE TABLE rights.t (id INT); CREATE PROCEDURE rights.p() SELECT 1;
       CREATE VIEW rights.v AS SELECT * FROM rights.t; CREATE EVENT rights.e ON SCHEDULE EVERY 1 DAY DO SET @x = 1;
       CREATE TRIGGER rights.g BEFORE INSERT ON rights.t FOR EACH ROW SET NEW.id = 1;
       CREATE USER app@'%' IDENTIFIED BY 'hunter2'; ${grants}`,
    );
    return {
      [Symbol.asyncDispose]: async (): Promise<void> => {
        await server.sql('DROP USER app; DROP ROLE IF EXISTS reader; DROP DATABASE rights');
      },
    };
  }

  const url = (): string => server.url({ user: 'app', password: 'hunter2' });

  async function expectWholeDump(): Promise<void> {
    await engine.probe(url(), signal);
    const dump = (await takeDump({ engine, url: url(), name: 'rights', scratch })).toString('utf8');
    for (const object of ['CREATE TABLE `t`', 'PROCEDURE `p`', 'TRIGGER rights.g', 'VIEW `v`', 'EVENT `e`']) {
      expect(dump).toContain(object);
    }
  }

  test.each(LACKS)('who has $what is refused, and the grant that is named mends it', async ({ grants, remedy }) => {
    await using _rights = await begin(grants);
    for (const statement of remedy) {
      await expect(engine.probe(url(), signal)).rejects.toMatchObject({
        name: 'EngineUnreachableError',
        message: expect.stringContaining(statement),
      });
      expect(await errorOf(takeDump({ engine, url: url(), name: 'rights', scratch }))).toMatchObject({
        name: 'BackupFailedError',
        code: 'DUMP_FAILED',
        message: expect.stringMatching(
          /^Database rights cannot be dumped: its user .* lacks rights .* then try again\.$/,
        ),
      });
    }
    await server.sql(remedy.join(' '));
    await expectWholeDump();
  });

  test.each([
    ['the database', `GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON rights.* TO app; ${PROC}`],
    [
      'a pattern, through a role',
      `CREATE ROLE reader; GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON \`r_ght%\`.* TO reader;
       GRANT SELECT ON mysql.proc TO reader; GRANT reader TO app; SET DEFAULT ROLE reader FOR app`,
    ],
    ['everything', 'GRANT SELECT, SHOW VIEW, TRIGGER, EVENT ON *.* TO app'],
  ])('is taken with no more than the rights that it takes, on %s', async (_what, grants) => {
    await using _rights = await begin(grants);
    await expectWholeDump();
  });

  test('needs the users and grants alone beside that for the system part', async () => {
    await using _rights = await begin('GRANT SELECT ON mysql.* TO app');
    const dump = await takeDump({ engine, url: url(), name: 'mysql', system: true, scratch });
    expect(dump.toString('utf8')).toContain('GRANT SELECT ON `mysql`.* TO `app`@`%`');
  });
});

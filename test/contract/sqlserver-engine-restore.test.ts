import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { errorOf } from '../support/dumps.js';
import { chunksOf, toLoad } from '../support/restores.js';
import { createDump, FILES, NEW_TABLES, OLD_TABLES, RestoreLab } from '../support/sqlserver/restore-lab.js';

const ID = '0123456789abcdef01234567';
const STAGED = `rds_restore_${ID}`;
const REPLACED = `rds_replaced_${ID}`;
const DEVICE = `DISK = N'D:\\Backups\\${STAGED}.bak'`;
const TERMINATED = { number: 3013, message: 'RESTORE DATABASE is terminating abnormally.' };

let lab: RestoreLab;
beforeEach(async () => {
  lab = await RestoreLab.start();
});
afterEach(async () => lab[Symbol.asyncDispose]());

/** What is sent to load the dump, to the letter, with files that are named for a database. */
function loading(stem: string): readonly string[] {
  const moves = [
    `MOVE N'shop' TO N'D:\\Data\\${stem}_${ID}.mdf'`,
    `MOVE N'it''s more' TO N'D:\\Data\\${stem}_${ID}_1.ndf'`,
    `MOVE N'shop_log' TO N'L:\\Logs\\${stem}_${ID}_2.ldf'`,
    `MOVE N'shop_docs' TO N'D:\\Data\\${stem}_${ID}_3'`,
  ];
  return [
    `RESTORE FILELISTONLY FROM ${DEVICE}`,
    `RESTORE DATABASE [${STAGED}] FROM ${DEVICE} WITH ${moves.join(', ')}, CHECKSUM, RECOVERY, STATS = 5`,
  ];
}

const REMOVAL = [`ALTER DATABASE [${STAGED}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`, `DROP DATABASE [${STAGED}]`];

describe('the statements', () => {
  test('of a stage and of a commit of a new name', async () => {
    const target = await lab.stage({ database: 'shop [2]', overwrite: false, stagingId: ID });
    expect(lab.takeStatements()).toEqual(loading('shop__2_'));
    expect(await lab.engine.commitRestore(target)).toBe(true);
    expect(lab.takeStatements()).toEqual([`ALTER DATABASE [${STAGED}] MODIFY NAME = [shop [2]]]`]);
    expect(lab.model.state.get('shop [2]').tables).toEqual(NEW_TABLES);
    expect(lab.model.state.get('shop').tables).toEqual(OLD_TABLES);
  });

  test('of a commit that replaces, and of another one', async () => {
    const target = await lab.stage({ stagingId: ID });
    expect(lab.takeStatements()).toEqual(loading('shop'));
    expect(await lab.engine.commitRestore(target)).toBe(true);
    expect(lab.takeStatements()).toEqual([
      `ALTER AUTHORIZATION ON DATABASE::[${STAGED}] TO [clerk]`,
      `BEGIN TRY
USE [shop];
ALTER DATABASE [shop] SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
ALTER DATABASE [shop] MODIFY NAME = [${REPLACED}];
END TRY
BEGIN CATCH
IF DB_ID(N'shop') IS NOT NULL ALTER DATABASE [shop] SET MULTI_USER;
THROW;
END CATCH;
USE master;`,
      `ALTER DATABASE [${STAGED}] MODIFY NAME = [shop]`,
      `ALTER DATABASE [${REPLACED}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE`,
      `DROP DATABASE [${REPLACED}]`,
    ]);
    expect(await lab.engine.commitRestore(target)).toBe(true);
    expect(lab.takeStatements()).toEqual([]);
  });

  test('of a commit that may not replace, and of its abandonment', async () => {
    const target = await lab.stage({ database: 'shop_new', overwrite: false, stagingId: ID });
    lab.model.add('shop_new');
    lab.takeStatements();
    expect(await errorOf(lab.engine.commitRestore(target))).toMatchObject({ code: RestoreFailureCode.TARGET_EXISTS });
    expect(lab.takeStatements()).toEqual([]);
    await lab.engine.abandonRestore(target);
    expect(lab.takeStatements()).toEqual(REMOVAL);
    await lab.engine.abandonRestore(target);
    expect(lab.takeStatements()).toEqual([]);
  });

  test('of a proof', async () => {
    const scratch = await lab.aim({ stagingId: ID });
    expect(await lab.engine.proveRestore(scratch, toLoad(createDump()))).toEqual([{ name: 'dbo.items', rows: 3 }]);
    const statements = lab.takeStatements();
    expect(statements.slice(0, 2)).toEqual(loading(STAGED));
    expect(statements[2]).toMatch(new RegExp(`^DBCC CHECKDB \\(\\[${STAGED}\\]\\) WITH NO_INFOMSGS$`));
    expect(statements.slice(3)).toEqual(REMOVAL);
    expect(await lab.listEverything()).toEqual(['shop']);
  });
});

test('a database gets files of its own, none of which another one has', async () => {
  await lab.engine.commitRestore(await lab.stage());
  await lab.engine.commitRestore(await lab.stage());
  await lab.engine.commitRestore(await lab.stage({ database: 'shop_new' }));
  const paths = [...lab.model.state.databases.values()].flatMap(({ files }) => files.map(({ path }) => path));
  expect(new Set(paths).size).toBe(paths.length);
  expect(paths.filter((path) => FILES.some((file) => file.path === path))).toEqual([]);
});

describe('what the server refuses is told with what to do, and its own words', () => {
  test.each([
    [3241, "The media family on device 'x' is incorrectly formed.", /no backup of SQL Server\. Verify the backup\./],
    [3183, 'RESTORE detected an error on page (1:8) in database "shop" as read from the backup set.', /page.*damaged/],
    [3189, 'Damage to the backup set was detected.', /the backup is damaged\. Verify it\./],
    [3203, 'Read on "x" failed: 38(Reached the end of the file.)', /reads ends too early. Verify the backup/],
    [3201, "Cannot open backup device 'x'. Operating system error 5(Access is denied.)", /account may not use/],
    [3154, "The backup set holds a backup of a database other than the existing 'x' database.", /another database/],
    [3169, 'The database was backed up on a server running version 17.00.1000.', /a later version of SQL Server/],
    [1834, "The file 'x' cannot be overwritten. It is being used by database 'y'.", /a file of that name is in use/],
    [5133, 'Directory lookup for the file "x" failed with the operating system error 3.', /default folders/],
    [33111, "Cannot find server certificate with thumbprint '0x1'.", /CREATE CERTIFICATE/],
    [3101, 'Exclusive access could not be obtained because the database is in use.', /End their sessions/],
    [262, "CREATE DATABASE permission denied in database 'master'.", /lacks a right/],
    [3110, "User does not have permission to RESTORE database 'x'.", /lacks a right/],
    [50001, 'Nobody has heard of that.', /restored: The server says/],
  ])('error %i', async (number, message, advice) => {
    lab.model.failOn(/^RESTORE DATABASE/, TERMINATED, { number, message });
    const target = await lab.aim();
    const error = await errorOf(lab.stage(target));
    expect(error).toMatchObject({ name: 'RestoreFailedError', code: RestoreFailureCode.RESTORE_FAILED });
    const { message: told } = error as Error;
    expect(told).toMatch(/^Database shop cannot be restored: \S/);
    expect(told).toMatch(advice);
    const words = `${message.endsWith('.') ? message : `${message}.`} (error ${number.toString()})`;
    expect(told).toContain(`The server says: ${words} ${TERMINATED.message} (error 3013)`);
    await lab.engine.abandonRestore(target);
    expect(await lab.listEverything()).toEqual(['shop']);
    expect(lab.model.state.get('shop').tables).toEqual(OLD_TABLES);
  });

  test.each([
    [3257, 'There is insufficient free space on disk volume "D:\\" to create the database.'],
    [5149, 'MODIFY FILE encountered operating system error 112(There is not enough space on the disk.)'],
  ])('error %i: its disk is full', async (number, message) => {
    lab.model.failOn(/^RESTORE DATABASE/, { number, message }, TERMINATED);
    expect(await errorOf(lab.stage())).toMatchObject({
      name: 'RestoreFailedError',
      code: RestoreFailureCode.STORAGE_FULL,
      message: expect.stringContaining(`(error ${number.toString()})`),
    });
  });

  test('a backup of a later version', async () => {
    const load = toLoad(createDump({ version: '17.0.1000.7' }));
    expect(await errorOf(lab.engine.stageRestore(await lab.aim(), load))).toMatchObject({
      message: expect.stringContaining(
        'taken of a later version of SQL Server. Restore it to that one, or a later one.',
      ),
    });
  });
});

test('a content of one byte at a time is loaded, too', async () => {
  const dump = createDump();
  const target = await lab.aim();
  await lab.engine.stageRestore(target, toLoad(dump, chunksOf(dump.bytes, 1)));
  expect(await lab.engine.commitRestore(target)).toBe(true);
  expect(lab.model.state.get('shop').tables).toEqual(NEW_TABLES);
});

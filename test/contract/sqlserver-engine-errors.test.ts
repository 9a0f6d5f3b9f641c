import { describe, expect, test } from 'vitest';
import { BackupSite, failed } from '../support/sqlserver/backup-site.js';
import { decodeBak } from '../support/sqlserver/bak-file.js';
import { errorOf, readAll } from '../support/dumps.js';

const DEVICE = "Cannot open backup device 'D:\\Backups\\x.bak'. Operating system error";
const WRITE = 'Write on "D:\\Backups\\x.bak" failed:';
const ENDING = { number: 3013, message: 'BACKUP DATABASE is terminating abnormally.' };
const ENDED = 'BACKUP DATABASE is terminating abnormally. (error 3013)';

const FULL = 'the disk of the exchange folder is full. Make room there.';
const DENIED =
  "the SQL Server's account may not use the exchange folder. Give it the right to read and write there (in a container it is mssql, UID 10001).";
const MISSING =
  'the SQL Server does not find the exchange folder. Check that backupDir in the URL is its path as that server sees it.';
const RIGHT = 'its login lacks a right. Let the server\'s administrator grant it (README, "What each engine needs").';

describe('a backup that the SQL Server gives up says why, and what to do: it', () => {
  test.each([
    [3201, `${DEVICE} 3(The system cannot find the path specified.).`, MISSING],
    [3201, `${DEVICE} 2(No such file or directory).`, MISSING],
    [3201, `${DEVICE} 53(The network path was not found.).`, MISSING],
    [3201, `${DEVICE} 5(Access is denied.).`, DENIED],
    [3201, `${DEVICE} 13(Permission denied).`, DENIED],
    [3201, `${DEVICE} 112(There is not enough space on the disk.).`, FULL],
    [3202, `${WRITE} Operating system error 112(There is not enough space on the disk.)`, FULL],
    [3202, `${WRITE} 112(There is not enough space on the disk.)`, FULL],
    [3202, `${WRITE} 28(No space left on device)`, FULL],
    [
      3202,
      `${WRITE} 1117(The request could not be performed because of an I/O device error.)`,
      'the SQL Server cannot read or write the file that is named below.',
    ],
    [
      3271,
      `A nonrecoverable I/O error occurred on file "D:\\Backups\\x.bak:" 112(There is not enough space on the disk.).`,
      FULL,
    ],
    [
      3271,
      'A nonrecoverable I/O error occurred on file "D:\\Data\\shop.mdf:" 23(Data error (cyclic redundancy check).).',
      'the SQL Server cannot read or write the file that is named below.',
    ],
    [
      3041,
      'BACKUP failed to complete the command BACKUP DATABASE shop. Check the backup application log for detailed messages.',
      "the server has given it up. The server's error log says why.",
    ],
    [
      911,
      "Database 'shop' does not exist. Make sure that the name is entered correctly.",
      'it is no longer there. It was dropped or renamed.',
    ],
    [
      1205,
      'Transaction (Process ID 55) was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
      'the server has ended it in favour of another statement (a deadlock). Try again.',
    ],
    [
      9002,
      "The transaction log for database 'shop' is full due to 'LOG_BACKUP'.",
      'its transaction log is full. Back the log up or give it room, then try again.',
    ],
    [
      3043,
      "BACKUP 'shop' detected an error on page (1:12) in file 'D:\\Data\\shop.mdf'.",
      'a page of it is damaged: its checksum is wrong. Run DBCC CHECKDB there, and mend it first.',
    ],
    [
      1844,
      'BACKUP DATABASE WITH COMPRESSION is not supported on Express Edition (64-bit).',
      'the edition of the server does not compress backups. Check the health of the instance, then try again.',
    ],
    [
      3101,
      'Exclusive access could not be obtained because the database is in use.',
      'others use it, and could not be made to let go. End their sessions, then try again.',
    ],
    [
      3023,
      'Backup, file manipulation operations (such as ALTER DATABASE ADD FILE) and encryption changes on a database must be serialized.',
      'another backup, or a change of its files, is under way there. Try again once that is over.',
    ],
    [
      924,
      "Database 'shop' is already open and can only have one user at a time.",
      'somebody has it open in single-user mode. Try again once that is over.',
    ],
    [262, "BACKUP DATABASE permission denied in database 'shop'.", RIGHT],
    [916, 'The server principal "backup" is not able to access the database "shop".', RIGHT],
  ])('fails with error %i: %s', async (number, message, reason) => {
    const code = reason === FULL ? 'STORAGE_FULL' : 'DUMP_FAILED';
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.failOn(/^BACKUP/, { number, message }, ENDING);
    const error = await errorOf(site.take('shop'));
    const words = `${message}${message.endsWith('.') ? '' : '.'} (error ${number.toString()}) ${ENDED}.`;
    expect(error).toMatchObject(failed(code, `Database shop cannot be dumped: ${reason} The server says: ${words}`));
    expect(await site.listFiles()).toEqual([]);
    await site.take('shop');
  });

  test('fails with nothing but its last words', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.failOn(/^BACKUP/, ENDING);
    expect(await errorOf(site.take('shop'))).toMatchObject(
      failed('DUMP_FAILED', `Database shop cannot be dumped: The server says: ${ENDED}.`),
    );
    expect(await site.listFiles()).toEqual([]);
  });

  test('fails with a number that is not known here', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.failOn(/^BACKUP/, ENDING, { number: 701, message: 'There is insufficient system memory' });
    expect(await errorOf(site.take('shop'))).toMatchObject(
      failed(
        'DUMP_FAILED',
        `Database shop cannot be dumped: The server says: There is insufficient system memory. (error 701) ${ENDED}.`,
      ),
    );
  });

  test.each([
    [18456, "Login failed for user 'backup'.", /Check the user and the password in the URL/],
    [18486, "Login failed for user 'backup' because the account is locked out.", /UNLOCK/],
    [4060, 'Cannot open database "none" requested by the login.', /error 4060|the database/],
    [18401, "Login failed for user 'backup'. Reason: Server is in script upgrade mode.", /in a moment/],
  ])('is not let in, with error %i', async (number, message, advice) => {
    await using site = await BackupSite.start({ onLogin: () => ({ number, message }) });
    const error = await errorOf(site.take('shop'));
    expect(error).toMatchObject(
      failed('ENGINE_UNREACHABLE', /^Database shop cannot be dumped: the server says: .*\.$/),
    );
    expect((error as Error).message).toContain(message);
    expect((error as Error).message).toMatch(advice);
    expect((error as Error).message).not.toContain('s3cret');
  });
});

describe('a backup that the SQL Server then cannot verify', () => {
  test.each([
    [3189, 'Damage to the backup set was detected.', 'the backup is damaged. Verify it.'],
    [
      3203,
      'Read on "D:\\Backups\\x.bak" failed: 38(Reached the end of the file.)',
      'what the SQL Server reads ends too early. Verify the backup.',
    ],
    [3201, `${DEVICE} 5(Access is denied.).`, DENIED],
    [262, "CREATE DATABASE permission denied in database 'master'.", RIGHT],
  ])('with error %i is not completed, though all of it was read', async (number, message, reason) => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.failOn(
      /^RESTORE VERIFYONLY/,
      { number, message },
      { ...ENDING, message: 'VERIFY DATABASE is terminating abnormally.' },
    );
    await using dump = await site.begin('shop');
    expect(decodeBak(await readAll(dump.content), 'dump', 'VERIFY')).toMatchObject({ database: 'shop' });
    expect(await errorOf(dump.completion)).toMatchObject(
      failed('DUMP_FAILED', new RegExp(`cannot be dumped: ${reason.replace(/[()"]/g, '.')}`)),
    );
    await dump[Symbol.asyncDispose]();
    expect(await site.listFiles()).toEqual([]);
  });
});

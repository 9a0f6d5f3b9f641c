import { rm, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { errorOf } from '../support/dumps.js';
import { canMount, Mount } from '../support/mounts.js';
import { BackupSite, failed, unreachable } from '../support/sqlserver/backup-site.js';
import { TempDir } from '../support/temp-dir.js';

const FILE = 'rds_backup_[0-9a-f]{8}_[0-9a-f]{16}\\.bak';

describe('a registration tells of an exchange folder', () => {
  test('that it is another one than that of the server, and leaves nothing in it', async () => {
    await using site = await BackupSite.start();
    await using other = await TempDir.create();
    const url = site.model.url({ backupDirLocal: other.path });
    expect(await errorOf(site.probe(url))).toMatchObject(
      unreachable(
        new RegExp(
          `^the server has written it, and the file ${FILE} is not in the exchange folder here\\. Check that \\S+ .*backupDir.*\\.$`,
        ),
      ),
    );
    site.model.add('shop');
    expect(await errorOf(site.take('shop', { url }))).toMatchObject(
      failed('DUMP_FAILED', /^Database shop cannot be dumped: the server has written it, and the file .* is not in/),
    );
  });

  test('that it is not there', async () => {
    await using site = await BackupSite.start();
    const url = site.model.url({ backupDirLocal: '/nowhere/at/all' });
    expect(await errorOf(site.probe(url))).toMatchObject(
      unreachable(/is not in the exchange folder here\. Check that/),
    );
  });

  test('that it is a file', async () => {
    await using site = await BackupSite.start();
    await using other = await TempDir.create();
    await writeFile(other.join('file'), '');
    expect(await errorOf(site.probe(site.model.url({ backupDirLocal: other.join('file') })))).toMatchObject(
      unreachable(
        new RegExp(
          `^the file ${FILE} in the exchange folder ${other.join('file')} cannot be looked at: it is no folder\\. Name a folder in backupDirLocal\\.$`,
        ),
      ),
    );
  });

  test('that the server does not find it', async () => {
    await using site = await BackupSite.start();
    expect(await errorOf(site.probe(site.model.url({ backupDir: 'E:\\Elsewhere' })))).toMatchObject(
      unreachable(
        /^a small backup of model has failed: the SQL Server does not find the exchange folder\. Check that backupDir in the URL is its path as that server sees it\. The server says: Cannot open backup device 'E:\\Elsewhere\\rds_backup_.*error 3013\)$/,
      ),
    );
  });

  test('that the server may not write there', async () => {
    await using site = await BackupSite.start();
    const message = "Cannot open backup device 'x.bak'. Operating system error 5(Access is denied.)";
    site.model.failOn(/^BACKUP/, { number: 3201, message });
    expect(await errorOf(site.probe())).toMatchObject(
      unreachable(
        `a small backup of model has failed: the SQL Server's account may not use the exchange folder. Give it the right to read and write there (in a container it is mssql, UID 10001). The server says: ${message}. (error 3201)`,
      ),
    );
    expect(await site.listFiles()).toEqual([]);
  });

  test('that the server cannot read what is written there', async () => {
    await using site = await BackupSite.start();
    const message = "Cannot open backup device 'x.bak'. Operating system error 13(Permission denied).";
    site.model.failOn(/^RESTORE VERIFYONLY/, { number: 3201, message });
    expect(await errorOf(site.probe())).toMatchObject(unreachable(/may not use the exchange folder.*UID 10001/));
    expect(await site.listFiles()).toEqual([]);
  });
});

describe.skipIf(!canMount)('a registration tells of the disk of an exchange folder', () => {
  test('that it is full for this server', async () => {
    await using mount = await Mount.tmpfs('8k');
    await using site = await BackupSite.start({ folder: mount.path });
    await writeFile(`${mount.path}/ballast`, Buffer.alloc(4096));
    expect(await errorOf(site.probe())).toMatchObject(
      unreachable(
        new RegExp(
          `^the file ${FILE} in the exchange folder ${mount.path} cannot be written: its disk is full\\. Make room there\\.$`,
        ),
      ),
    );
    expect(await site.listFiles()).toEqual(['ballast']);
  });

  test('that it is full for the SQL Server, which fails a backup, too', async () => {
    await using mount = await Mount.tmpfs('8k');
    await using site = await BackupSite.start({ folder: mount.path });
    await writeFile(`${mount.path}/ballast`, Buffer.alloc(8192));
    site.model.add('shop');
    const reason = /the disk of the exchange folder is full\. Make room there\. The server says: .* 112\(/;
    expect(await errorOf(site.probe())).toMatchObject(unreachable(reason));
    expect(await errorOf(site.take('shop'))).toMatchObject(failed('STORAGE_FULL', reason));
    expect(await site.listFiles()).toEqual(['ballast']);
  });

  test('that it can be read alone here', async () => {
    await using site = await BackupSite.start();
    await using view = await Mount.readOnly(site.model.exchange.path);
    expect(await errorOf(site.probe(site.model.url({ backupDirLocal: view.path })))).toMatchObject(
      unreachable(/cannot be written: it is mounted read-only here\.$/),
    );
  });
});

describe('a file in the exchange folder', () => {
  test('that somebody has put a link in place of is not read', async () => {
    await using site = await BackupSite.start();
    await using secrets = await TempDir.create();
    await writeFile(secrets.join('secret'), 'hunter2');
    site.model.add('shop');
    const backing = site.model.holdOn(/^BACKUP/);
    const taking = errorOf(site.take('shop'));
    await backing.reached();
    const listing = site.model.holdOn(/\.sys\.tables/);
    backing.release();
    await listing.reached();
    const [name = ''] = await site.listFiles();
    await rm(site.model.exchange.join(name));
    await symlink(secrets.join('secret'), site.model.exchange.join(name));
    listing.release();
    expect(await taking).toMatchObject(
      failed('DUMP_FAILED', /^Database shop cannot be dumped: the file .* cannot be read: .*symbolic link/),
    );
    expect(await site.listFiles()).toEqual([]);
  });

  test('that a server which has crashed has left is removed by the next backup, and none of another', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    const dump = await site.begin('shop');
    const [name = ''] = await site.listFiles();
    await dump[Symbol.asyncDispose]();
    const left = name.replace(/[0-9a-f]{16}\.bak$/, `${'0'.repeat(16)}.bak`);
    const others = [name.replace(/_[0-9a-f]{8}_/, '_00000000_'), 'shop.bak', `rds_restore_${'a'.repeat(24)}.bak`];
    for (const file of [left, ...others]) await writeFile(site.model.exchange.join(file), '');
    await site.take('shop');
    expect([...(await site.listFiles())].sort()).toEqual([...others].sort());
  });

  test('that a backup still holds is left to it', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.add('stock');
    const backing = site.model.holdOn(/^BACKUP/);
    const taking = site.take('shop');
    await backing.reached();
    const held = await site.listFiles();
    await site.take('stock');
    await site.checkHealth();
    expect(await site.listFiles()).toEqual(held);
    backing.release();
    await taking;
    expect(await site.listFiles()).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import { BackupSite, failed, unreachable } from '../support/sqlserver/backup-site.js';
import { errorOf } from '../support/dumps.js';

const { signal } = new AbortController();

const OF_SECONDARY = 'this server has a secondary replica of it. Back it up on the primary of its availability group.';

describe('a SQL Server', () => {
  test.each([
    ['of its own databases alone is a primary', [{}, {}], 'PRIMARY'],
    ['with no database but the system ones is a primary', [], 'PRIMARY'],
    ['of a primary and a secondary replica is a primary', [{ isPrimaryReplica: false }, {}], 'PRIMARY'],
    ['that is the primary of a group is a primary', [{ isPrimaryReplica: true }], 'PRIMARY'],
    ['that is the principal of a mirror is a primary', [{ mirroringRole: 1 }], 'PRIMARY'],
    ['of secondary replicas that cannot be read is a standby', [{ isPrimaryReplica: false }], 'STANDBY'],
    ['of a mirror is a standby', [{ mirroringRole: 2, state: 'RESTORING' }], 'STANDBY'],
    [
      'of secondary replicas that can be read is a replica',
      [{ isPrimaryReplica: false, isReadable: true }],
      'READ_REPLICA',
    ],
    ['of a standby copy, which can be read, is a replica', [{ isStandby: true }], 'READ_REPLICA'],
    [
      'of copies of which one can be read is a replica',
      [{ isPrimaryReplica: false }, { isPrimaryReplica: false, isReadable: true }],
      'READ_REPLICA',
    ],
    ['with a database being restored is a primary all the same', [{ state: 'RESTORING' }], 'PRIMARY'],
  ])('%s', async (_what, databases, role) => {
    await using site = await BackupSite.start();
    for (const [index, database] of databases.entries()) site.model.add(`shop ${index.toString()}`, database);
    expect(await site.checkHealth()).toEqual({ engine: 'SQLSERVER', engineVersion: '16.0.4165.4', role });
    expect(await site.probe()).toMatchObject({ role });
  });

  test.each([
    [{ isPrimaryReplica: false }, OF_SECONDARY],
    [{ isPrimaryReplica: false, isReadable: true }, OF_SECONDARY],
    [{ mirroringRole: 2, state: 'RESTORING' }, 'this server has a mirror of it. Back it up on the principal.'],
    [{ isStandby: true }, 'it is a standby copy that is kept up with restored logs. Back its primary up.'],
    [{ isSnapshot: true }, 'it is a snapshot of another database. Back that one up.'],
    [{ state: 'OFFLINE' }, 'it is offline. Bring it online there (ALTER DATABASE … SET ONLINE).'],
    [{ state: 'RESTORING' }, 'it is being restored, or waits for more logs to be restored.'],
    [{ state: 'RECOVERING' }, 'it is recovering. Try again in a moment.'],
    [{ state: 'RECOVERY_PENDING' }, "it cannot be recovered for want of its files or of room. See the server's log."],
    [{ state: 'SUSPECT' }, "it is suspect: its files may be damaged. See the server's log."],
    [{ state: 'EMERGENCY' }, 'it is in emergency mode. Repair it and bring it online.'],
    [{ state: 'COPYING' }, 'its state is COPYING.'],
  ])('lists a database with %o, tells why it cannot be backed up, and refuses to', async (more, reason) => {
    await using site = await BackupSite.start();
    site.model.add('shop', more);
    site.model.add('stock');
    const databases = await site.engine.listDatabases(site.model.url(), signal);
    expect(databases.find(({ name }) => name === 'shop')).toMatchObject({ system: false, unavailableReason: reason });
    expect(databases.find(({ name }) => name === 'stock')).not.toHaveProperty('unavailableReason');
    expect(await site.probe()).toMatchObject({ databases });
    site.takeStatements();
    const sentence = `Database shop cannot be dumped: ${reason}`;
    expect(await errorOf(site.take('shop'))).toMatchObject(failed('DUMP_FAILED', sentence));
    expect(site.takeStatements().filter((sql) => sql.startsWith('BACKUP'))).toEqual([]);
    await site.take('stock');
    expect(await site.listFiles()).toEqual([]);
  });

  test('does not list what restores have put beside', async () => {
    await using site = await BackupSite.start();
    site.model.add(`rds_restore_${'a'.repeat(24)}`);
    site.model.add(`rds_replaced_${'b'.repeat(24)}`);
    const databases = await site.engine.listDatabases(site.model.url(), signal);
    expect(databases.map(({ name }) => name)).toEqual(['master', 'model', 'msdb', 'tempdb']);
  });

  test('that has lost a database, says so', async () => {
    await using site = await BackupSite.start();
    expect(await errorOf(site.take('shop'))).toMatchObject(
      failed('DUMP_FAILED', 'Database shop cannot be dumped: it is no longer there. It was dropped or renamed.'),
    );
  });

  test.each([
    [
      { edition: 'SQL Azure', engineEdition: 5 },
      'it is SQL Azure, a service of Azure that writes no backups to a folder of its own. Use the backups of that service.',
    ],
    [
      { edition: 'SQL Azure', engineEdition: 8 },
      'it is SQL Azure, a service of Azure that writes no backups to a folder of its own. Use the backups of that service.',
    ],
    [
      { version: '11.0.7507.2' },
      'its version is 11.0.7507.2, and SQL Server 2014 (12.0) is the oldest that is known here.',
    ],
  ])('that is %o is refused', async (product, reason) => {
    await using site = await BackupSite.start(product);
    expect(await errorOf(site.probe())).toMatchObject(unreachable(reason));
    expect(await errorOf(site.checkHealth())).toMatchObject(unreachable(reason));
  });

  test('of 2014 is taken', async () => {
    await using site = await BackupSite.start({ version: '12.0.6024.0' });
    expect(await site.probe()).toMatchObject({ engineVersion: '12.0.6024.0' });
  });
});

describe('a login that lacks a right is told which: it may not', () => {
  test.each([
    ['CREATE ANY DATABASE', 'have backups verified, nor restore them'],
    ['VIEW ANY DEFINITION', 'see which tables a backup holds'],
    ['VIEW SERVER STATE', 'see which replica is the primary, and how far a backup is'],
  ])('%s', async (right, purpose) => {
    await using site = await BackupSite.start();
    site.model.state.rights.delete(right);
    expect(await errorOf(site.probe())).toMatchObject(
      unreachable(`its login may not ${purpose}. Let the server's administrator run: GRANT ${right} TO [backup];`),
    );
    // A right that was taken away later is told by what then fails.
    await site.checkHealth();
  });

  test('back up some of the databases, which are named and quoted', async () => {
    await using site = await BackupSite.start();
    for (const name of ['a]b', "c'd", 'stock']) site.model.add(name, { mayBackUp: name === 'stock' });
    const grant = (name: string): string =>
      `USE [${name}]; CREATE USER [backup] FOR LOGIN [backup]; ALTER ROLE db_backupoperator ADD MEMBER [backup];`;
    expect(await errorOf(site.probe())).toMatchObject(
      unreachable(
        `its login may not back up "a]b", "c'd". Let the server's administrator run: ${grant('a]]b')} ${grant("c'd")}`,
      ),
    );
  });

  test('back up seven of them, of which five are named', async () => {
    await using site = await BackupSite.start();
    for (const name of 'abcdefg') site.model.add(name, { mayBackUp: false });
    expect(await errorOf(site.probe())).toMatchObject(
      unreachable(
        /^its login may not back up "a", "b", "c", "d", "e" and 2 more\. .*USE \[e\]; [^[]*\[backup\][^[]*\[backup\][^[]*\[backup\];$/,
      ),
    );
  });

  test('back up what cannot be backed up anyway, which matters to nobody', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop', { mayBackUp: false, state: 'OFFLINE' });
    site.model.state.get('tempdb').mayBackUp = false;
    await site.probe();
    site.model.state.get('msdb').mayBackUp = false;
    expect(await errorOf(site.probe())).toMatchObject(unreachable(/may not back up "msdb"\. .* USE \[msdb\];/));
  });
});

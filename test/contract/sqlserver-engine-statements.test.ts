import { describe, expect, test } from 'vitest';
import { BackupSite } from '../support/sqlserver/backup-site.js';
import { decodeBak } from '../support/sqlserver/bak-file.js';
import { ODD_NAMES } from '../support/sqlserver/names.js';
import { readAll } from '../support/dumps.js';

const { signal } = new AbortController();

const PROPERTIES = `SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')) AS version,
  CONVERT(nvarchar(128), SERVERPROPERTY('Edition')) AS edition,
  CONVERT(int, SERVERPROPERTY('EngineEdition')) AS engineEdition,
  CONVERT(nvarchar(512), SERVERPROPERTY('InstanceDefaultDataPath')) AS dataPath,
  CONVERT(nvarchar(512), SERVERPROPERTY('InstanceDefaultLogPath')) AS logPath`;
const DATABASES = `SELECT d.name, d.state_desc AS state,
  CONVERT(nvarchar(20), ISNULL((SELECT SUM(CONVERT(bigint, f.size)) FROM sys.master_files AS f
    WHERE f.database_id = d.database_id AND f.type <> 1), 0) * 8192) AS sizeBytes,
  CONVERT(bit, CASE WHEN d.source_database_id IS NULL THEN 0 ELSE 1 END) AS isSnapshot,
  d.is_in_standby AS isStandby,
  CONVERT(bit, CASE WHEN d.replica_id IS NULL AND d.is_in_standby = 0 THEN 1 ELSE ISNULL(HAS_DBACCESS(d.name), 0) END) AS isReadable,
  CASE WHEN d.replica_id IS NOT NULL THEN CONVERT(bit, sys.fn_hadr_is_primary_replica(d.name)) END AS isPrimaryReplica,
  CONVERT(int, m.mirroring_role) AS mirroringRole
FROM sys.databases AS d LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id`;
const WHO =
  "SELECT SUSER_SNAME() AS login, CONVERT(bit, ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE'), 0)) AS [CREATE ANY DATABASE], CONVERT(bit, ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW ANY DEFINITION'), 0)) AS [VIEW ANY DEFINITION], CONVERT(bit, ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE'), 0)) AS [VIEW SERVER STATE]";
const MAY_BACK_UP = `SELECT d.name FROM sys.databases AS d
WHERE ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(d.name), 'DATABASE', 'BACKUP DATABASE'), 0) = 1`;
const HOLD = `DECLARE @result int;
EXEC @result = master.sys.sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 5000;
SELECT @result AS result;`;
const IS_FREE = `USE master;
SELECT APPLOCK_TEST('public', @name, 'Exclusive', 'Session') AS isFree;`;
const SESSION = 'SELECT CONVERT(int, @@SPID) AS sessionId';

/** @param quoted the database between its brackets */
function tablesOf(quoted: string): string {
  return `SET LOCK_TIMEOUT 5000;
SELECT s.name AS schemaName, t.name AS tableName,
  CONVERT(nvarchar(20), ISNULL((SELECT SUM(p.rows) FROM [${quoted}].sys.partitions AS p
    WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)), 0)) AS [rowCount]
FROM [${quoted}].sys.tables AS t JOIN [${quoted}].sys.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0;
SET LOCK_TIMEOUT -1;`;
}

const VERIFY = "RESTORE VERIFYONLY FROM DISK = N'D:\\Backups\\file-1' WITH CHECKSUM";

function backupOf(quoted: string, name: string, compression = 'COMPRESSION'): string {
  return `BACKUP DATABASE [${quoted}] TO DISK = N'D:\\Backups\\file-1' WITH COPY_ONLY, CHECKSUM, ${compression}, FORMAT, INIT, STATS = 5, NAME = N'rds-backup-server ${name}'`;
}

describe('the statements that a SQL Server is sent', () => {
  test('look at it and at what a login may do, and pass a backup of model both ways, for a registration', async () => {
    await using site = await BackupSite.start();
    await site.probe();
    expect(site.takeStatements()).toEqual([
      PROPERTIES,
      DATABASES,
      DATABASES,
      WHO,
      MAY_BACK_UP,
      PROPERTIES,
      HOLD,
      PROPERTIES,
      HOLD,
      backupOf('model', 'model'),
      VERIFY.replace('file-1', 'file-2'),
    ]);
    expect(await site.listFiles()).toEqual([]);
  });

  test('ask it alone for its health and for its databases', async () => {
    await using site = await BackupSite.start();
    await site.checkHealth();
    expect(site.takeStatements()).toEqual([PROPERTIES, DATABASES]);
    await site.engine.listDatabases(site.model.url(), signal);
    expect(site.takeStatements()).toEqual([DATABASES]);
  });

  test('hold a name, list the tables, back up and verify for a dump, and change nothing else', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop', { tables: { 'dbo.items': ['1'] } });
    await site.take('shop');
    expect(site.takeStatements()).toEqual([
      PROPERTIES,
      HOLD,
      DATABASES,
      tablesOf('shop'),
      SESSION,
      backupOf('shop', 'shop'),
      tablesOf('shop'),
      VERIFY,
    ]);
  });

  test('ask of a file that was left there whether anybody holds it', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    const verifying = site.model.holdOn(/^RESTORE VERIFYONLY/);
    await using _running = await site.begin('shop');
    await verifying.reached();
    site.takeStatements();
    await using _another = await site.begin('shop');
    expect(site.takeStatements().slice(0, 5)).toEqual([PROPERTIES, HOLD, IS_FREE, DATABASES, tablesOf('shop')]);
  });

  test.each([
    { what: 'with a quote', name: "a'b", identifier: "a'b", text: "a''b" },
    { what: 'with a bracket', name: 'a]b', identifier: 'a]]b', text: 'a]b' },
    { what: 'with a blank', name: 'a b', identifier: 'a b', text: 'a b' },
    { what: 'in many scripts', name: 'größe 数据', identifier: 'größe 数据', text: 'größe 数据' },
    { what: 'like a statement', name: "'; DROP --", identifier: "'; DROP --", text: "''; DROP --" },
    {
      what: 'of 128 characters, and cut it to what NAME takes',
      name: 'x'.repeat(128),
      identifier: 'x'.repeat(128),
      text: 'x'.repeat(110),
    },
    { what: 'of 128 quotes', name: "'".repeat(128), identifier: "'".repeat(128), text: "''".repeat(110) },
  ])('quote a name $what', async ({ name, identifier, text }) => {
    await using site = await BackupSite.start();
    site.model.add(name, { tables: { 'dbo.items': ['1'] } });
    await site.take(name);
    const statements = site.takeStatements();
    expect(statements).toContain(backupOf(identifier, text));
    expect(statements.filter((sql) => sql === tablesOf(identifier))).toHaveLength(2);
  });

  test('back up whatever the name of a database is, and nothing but that database', async () => {
    await using site = await BackupSite.start();
    for (const name of ODD_NAMES) site.model.add(name, { tables: { 'dbo.of': [name] } });
    site.model.add('stock');
    for (const name of ODD_NAMES) {
      const content = decodeBak(await site.take(name), 'dump', 'VERIFY');
      expect(content).toMatchObject({ database: name, tables: { 'dbo.of': [name] } });
    }
    expect(site.model.state.find('stock')).not.toBeNull();
  });

  test.each([
    ['Enterprise Edition: Core-based Licensing (64-bit)', 3, true],
    ['Standard Edition (64-bit)', 2, true],
    ['Web Edition (64-bit)', 2, false],
    ['Express Edition (64-bit)', 4, false],
  ])('have %s compress what it can compress', async (edition, engineEdition, isCompressed) => {
    await using site = await BackupSite.start({ edition, engineEdition });
    site.model.add('shop');
    await using dump = await site.begin('shop');
    expect(dump.isCompressed).toBe(isCompressed);
    const [content] = await Promise.all([readAll(dump.content), dump.completion]);
    expect(content.toString('latin1', 0, 8)).toBe(isCompressed ? 'MSSQLBAK' : 'TAPE\0\0\x03\0');
    expect(site.takeStatements()).toContain(backupOf('shop', 'shop', isCompressed ? 'COMPRESSION' : 'NO_COMPRESSION'));
    await site.probe();
    expect(site.takeStatements()).toContain(
      backupOf('model', 'model', isCompressed ? 'COMPRESSION' : 'NO_COMPRESSION'),
    );
  });

  test('back up master, model and msdb without counting their tables, and never tempdb', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    const present = await site.engine.listDatabases(site.model.url(), signal);
    const kept = site.engine.systemParts(present).map(({ name }) => name);
    expect(kept).toEqual(['master', 'model', 'msdb']);
    for (const name of kept) {
      site.takeStatements();
      await site.take(name, { system: true });
      expect(site.takeStatements()).toEqual([PROPERTIES, HOLD, DATABASES, SESSION, backupOf(name, name), VERIFY]);
    }
    await expect(site.take('tempdb', { system: true })).rejects.toThrow(
      'Database tempdb cannot be dumped: it is made anew with every start of the server.',
    );
    expect(site.takeStatements().filter((sql) => sql.startsWith('BACKUP'))).toEqual([]);
  });
});

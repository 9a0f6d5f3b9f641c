import { describe, expect, test } from 'vitest';
import { SqlServerEngine } from '../../src/engines/sqlserver/sqlserver-engine.js';
import { errorOf, readAll } from '../support/dumps.js';
import { Gate } from '../support/gate.js';
import { BackupSite, failed } from '../support/sqlserver/backup-site.js';
import { sizeOf } from '../support/sqlserver/model-database.js';

const ROWS = { 'dbo.items': Array.from({ length: 5000 }, (_row, index) => index.toString()) };

/** Long enough for the server to be at work already when it is asked. */
function createPollingEngine(): SqlServerEngine {
  return new SqlServerEngine({ pollEveryMs: 20 });
}

describe('a backup by a SQL Server', () => {
  test('tells how far it is by what the server says, and ends with the size of the file', async () => {
    await using site = await BackupSite.start();
    const estimate = sizeOf(site.model.add('shop', { tables: ROWS }));
    const told: number[] = [];
    const content = await site.take('shop', { onStaged: (bytes) => told.push(bytes) });
    expect(told).toHaveLength(21);
    const sums = told.map((_bytes, index) => told.slice(0, index + 1).reduce((a, b) => a + b));
    const percents = Array.from({ length: 20 }, (_step, index) => (index + 1) * 5);
    expect(sums).toEqual([...percents.map((percent) => Math.floor((estimate * percent) / 100)), content.length]);
    expect(told.slice(0, -1).every((bytes) => bytes > 0)).toBe(true);
    expect(told.at(-1)).toBeLessThan(0);
  });

  test('tells it between, too, by what the server has of its requests', async () => {
    await using site = await BackupSite.start({}, createPollingEngine());
    const estimate = sizeOf(site.model.add('shop', { tables: ROWS }));
    const between = Math.floor((estimate * 50.5) / 100);
    const backing = site.model.holdOn(/^BACKUP/);
    const polled = new Gate();
    const sums = [0];
    const onStaged = (bytes: number): void => {
      sums.push((sums.at(-1) ?? 0) + bytes);
      if (sums.at(-1) === between) polled.open();
    };
    const taking = site.take('shop', { onStaged });
    await backing.reached();
    await polled.opened;
    backing.release();
    const content = await taking;
    const upToHalf = [5, 10, 15, 20, 25, 30, 35, 40, 45, 50].map((percent) => Math.floor((estimate * percent) / 100));
    expect(sums.slice(0, 12)).toEqual([0, ...upToHalf, between]);
    expect(sums.slice(0, -1)).toEqual([...sums.slice(0, -1)].sort((a, b) => a - b));
    expect(sums.at(-1)).toBe(content.length);
    expect(site.model.statements).toContain(
      "SELECT CONVERT(float, percent_complete) AS [percent] FROM sys.dm_exec_requests WHERE session_id = @sessionId AND command LIKE N'BACKUP%'",
    );
  });

  test('goes on with what the server says when it may not be asked', async () => {
    await using site = await BackupSite.start({}, createPollingEngine());
    site.model.state.rights.delete('VIEW SERVER STATE');
    const estimate = sizeOf(site.model.add('shop', { tables: ROWS }));
    site.model.failOn(/dm_exec_requests/, { number: 300, message: 'VIEW SERVER STATE permission was denied.' });
    let sum = 0;
    const sums: number[] = [];
    const onStaged = (bytes: number): void => void sums.push((sum += bytes));
    const content = await site.take('shop', { onStaged });
    expect(sums).toHaveLength(21);
    expect(sums[10]).toBe(Math.floor((estimate * 55) / 100));
    expect(sum).toBe(content.length);
  });

  test('tells which tables it holds, unless they changed meanwhile', async () => {
    await using site = await BackupSite.start();
    const database = site.model.add('shop', { tables: { 'dbo.items': ['1'], 'odd schema.a b': [] } });
    await using first = await site.begin('shop');
    await readAll(first.content);
    expect(await first.completion).toEqual({
      tables: [
        { name: '[odd schema].[a b]', rows: null },
        { name: 'dbo.items', rows: null },
      ],
      attributes: null,
    });
    const backing = site.model.holdOn(/^BACKUP/);
    const beginning = site.begin('shop');
    await backing.reached();
    database.tables = { 'dbo.items': ['1'] };
    backing.release();
    await using second = await beginning;
    await readAll(second.content);
    expect(await second.completion).toBeNull();
  });
});

describe('a backup that is broken off', () => {
  test('by its connection fails as one of a server that cannot be reached, and leaves no file', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.cutOn(/^BACKUP/);
    expect(await errorOf(site.take('shop'))).toMatchObject(
      failed(
        'ENGINE_UNREACHABLE',
        'Database shop cannot be dumped: the connection was cut. The server may have been stopped, or something on the way has cut it; try again.',
      ),
    );
    expect(await site.listFiles()).toEqual([]);
  });

  test('by its connection while it is verified is not completed', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    site.model.cutOn(/^RESTORE VERIFYONLY/);
    await using dump = await site.begin('shop');
    await readAll(dump.content);
    expect(await errorOf(dump.completion)).toMatchObject(failed('ENGINE_UNREACHABLE', /the connection was cut/));
    await dump[Symbol.asyncDispose]();
    expect(await site.listFiles()).toEqual([]);
  });

  test('by its signal is stopped on the server, too', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    const backing = site.model.holdOn(/^BACKUP/);
    const aborting = new AbortController();
    const taking = errorOf(site.take('shop', { signal: aborting.signal }));
    await backing.reached();
    expect(await site.listFiles()).toHaveLength(1);
    aborting.abort();
    expect(await taking).toMatchObject({ name: 'AbortError' });
    expect(site.model.cancelled).toEqual([expect.stringMatching(/^BACKUP DATABASE \[shop\]/)]);
    expect(await site.listFiles()).toEqual([]);
  });

  test('by its signal before it began asks the server nothing', async () => {
    await using site = await BackupSite.start();
    expect(await errorOf(site.take('shop', { signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
    expect(site.model.statements).toEqual([]);
  });

  test('by being disposed of while it is verified ends the verification, and takes the file away', async () => {
    await using site = await BackupSite.start();
    site.model.add('shop');
    const verifying = site.model.holdOn(/^RESTORE VERIFYONLY/);
    const dump = await site.begin('shop');
    await verifying.reached();
    expect(await site.listFiles()).toHaveLength(1);
    await dump[Symbol.asyncDispose]();
    expect(site.model.cancelled).toEqual([expect.stringMatching(/^RESTORE VERIFYONLY/)]);
    expect(await errorOf(dump.completion)).toMatchObject({ name: 'AbortError' });
    expect(await site.listFiles()).toEqual([]);
  });
});

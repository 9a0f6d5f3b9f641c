import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { InstanceRole } from '../../src/domain/instance.js';
import { Automated } from '../support/automated.js';
import { listBackups, setPolicy, TestTime, waitForBackups } from '../support/backup-policies.js';
import { auditEvents } from '../support/backup-use.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { hasPostgres } from '../support/services.js';
import { TestApp } from '../support/test-app.js';

test('an automated backup is taken at its moment, of everything, and once in its window', async () => {
  await using automated = await Automated.start();
  const { app, time, engine, instanceId } = automated;
  engine.databases = [
    { name: 'main', sizeBytes: 100, system: false },
    { name: 'users', sizeBytes: 10, system: true },
  ];
  await setPolicy(app, { instanceId });
  time.set('2026-03-02T12:29:59.999Z');
  await time.looks();
  expect(await automated.countBackups()).toBe(0);

  time.set('2026-03-02T12:30:00.000Z');
  const [backup] = await waitForBackups(app, instanceId, 1);
  for (const later of ['12:31', '12:59', '13:00', '23:59']) {
    time.set(`2026-03-02T${later}:00.000Z`);
    await time.looks();
  }

  expect(backup).toMatchObject({ name: 'sqlserver-shop-20260302123000000', type: 'AUTOMATED', status: 'COMPLETED' });
  const { data } = await app.graphql('{ backups { nodes { databases { name system } } } }');
  const databases = [
    { name: 'main', system: false },
    { name: 'users', system: true },
  ];
  expect(data.backups.nodes).toEqual([{ databases }]);
  expect(await automated.policy()).toMatchObject({
    lastBackupAt: '2026-03-02T12:30:00.000Z',
    nextBackupAt: '2026-03-03T12:30:00.000Z',
    lastMissedAt: null,
  });
  expect(await automated.creations()).toEqual(['backup-policy ACCEPTED', 'server COMPLETED']);
});

test('each window has its own, also one that passes midnight', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId, startTime: '23:45', weekdays: ['MONDAY', 'WEDNESDAY'] });

  for (const [index, day] of ['03', '05', '10'].entries()) {
    time.set(`2026-03-${day}T00:20:00.000Z`);
    await waitForBackups(app, instanceId, index + 1);
  }

  expect((await automated.policy()).nextBackupAt).toBe('2026-03-12T00:15:00.000Z');
});

test('a server that comes back within the window takes its backup at once, and once', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId });
  await app.app.stop();
  time.set('2026-03-02T12:59:59.000Z');

  await automated.startServer(app.dir);
  const [backup] = await waitForBackups(automated.app, instanceId, 1);
  await automated.app.app.stop();
  await automated.startServer(app.dir);
  await time.looks();

  expect(backup?.startedAt).toBe('2026-03-02T12:59:59.000Z');
  expect(await automated.countBackups()).toBe(1);
  expect((await automated.policy()).lastMissedAt).toBeNull();
});

test('a window that passes while no server is there is missed: of many only the last is told', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId, weekdays: ['MONDAY', 'TUESDAY'] });
  await app.app.stop();
  time.set('2026-03-27T09:00:00.000Z');

  await automated.startServer(app.dir);

  expect(await automated.missed()).toMatchObject({
    lastMissedAt: '2026-03-24T12:00:00.000Z',
    lastMissedReason: 'No server was running that could have taken the backup.',
    nextBackupAt: '2026-03-30T12:30:00.000Z',
  });
  await time.looks();
  expect(await automated.creations()).toEqual(['backup-policy FAILED WINDOW_MISSED']);
});

test('an instance that is busy is tried again every minute, and refused tries leave no event', async () => {
  await using automated = await Automated.start();
  const { app, time, engine, instanceId } = automated;
  await setPolicy(app, { instanceId });
  const hold = engine.hold();
  const manual = await app.beginBackup(instanceId, 'by-hand');
  await hold.reached();
  for (const minute of ['30', '31', '32']) {
    time.set(`2026-03-02T12:${minute}:00.000Z`);
    const next = `2026-03-02T12:${(Number(minute) + 1).toString()}:00.000Z`;
    await expect.poll(async () => (await automated.policy()).nextBackupAt, { interval: 10 }).toBe(next);
  }
  hold.release();
  await app.waitForEnd(manual);

  time.set('2026-03-02T12:33:00.000Z');

  const backups = await waitForBackups(app, instanceId, 2);
  expect(backups.map(({ type, startedAt }) => [type, startedAt])).toEqual([
    ['MANUAL', '2026-03-02T10:00:00.000Z'],
    ['AUTOMATED', '2026-03-02T12:33:00.000Z'],
  ]);
  expect((await automated.creations()).filter((event) => event.startsWith('backup-policy'))).toEqual([
    'backup-policy ACCEPTED',
  ]);
});

test.each([
  [
    'is no primary',
    (engine: FakeEngine): void => {
      engine.role = InstanceRole.STANDBY;
    },
    'A backup can only be created for a primary DB instance; this one is a STANDBY.',
  ],
  [
    'lacks its program',
    (engine: FakeEngine): void => {
      engine.toolFault = new DomainError('CLIENT_TOOL_MISSING', { needed: 'fake', found: [], advice: 'Install it.' });
    },
    "Backing this instance up takes fake; this server's machine has none. Install it.",
  ],
])('a window in which the instance %s is missed, with the reason, in one event', async (_what, spoil, reason) => {
  const automated = new Automated();
  spoil(automated.engine);
  await automated.startServer();
  await using _disposed = automated;
  const { app, time } = automated;
  const instanceId = (automated.instanceId = await app.register('shop', 'fake://shop'));
  await setPolicy(app, { instanceId });
  const changes = app.statusChanges({ instanceId });
  await changes.next();
  for (const minute of ['30', '40', '59']) {
    time.set(`2026-03-02T12:${minute}:00.000Z`);
    await expect
      .poll(async () => Date.parse((await automated.policy()).nextBackupAt ?? ''), { interval: 10 })
      .toBeGreaterThan(time.now.getTime());
  }

  time.set('2026-03-02T13:00:00.000Z');

  expect(await automated.missed()).toMatchObject({
    lastMissedAt: '2026-03-02T12:00:00.000Z',
    lastMissedReason: reason,
    lastBackupAt: null,
    nextBackupAt: '2026-03-03T12:30:00.000Z',
  });
  await time.looks();
  expect(await auditEvents(app, { action: 'CREATE_BACKUP' })).toMatchObject([
    {
      ...{ caller: 'backup-policy', outcome: 'FAILED', code: 'WINDOW_MISSED', instanceId, backupId: null },
      details: `No backup in the window from 2026-03-02T12:00:00.000Z. ${reason}`,
    },
  ]);
  expect((await changes.next()).value).toMatchObject({
    ...{ previousStatus: 'AVAILABLE', status: 'AVAILABLE' },
    reason: `No backup in the window from 2026-03-02T12:00:00.000Z. ${reason}`,
  });
  await changes.return();
});

test('a disabled policy takes no backups and misses no windows', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId, enabled: false });

  for (const now of ['2026-03-02T12:30:00.000Z', '2026-03-05T12:30:00.000Z']) {
    time.set(now);
    await time.looks();
  }

  expect(await automated.countBackups()).toBe(0);
  expect((await automated.policy()).lastMissedAt).toBeNull();
});

test('a name that is taken is passed over for that of the next millisecond', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId });
  const other = await app.register('other', 'fake://other');
  await app.takeBackup(other, 'sqlserver-shop-20260302123000000');

  time.set('2026-03-02T12:30:00.000Z');

  const [backup] = await waitForBackups(app, instanceId, 1);
  expect(backup?.name).toBe('sqlserver-shop-20260302123000001');
});

test('a server that is stopping leaves its policies to whoever comes next', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId, engine } = automated;
  await setPolicy(app, { instanceId });
  const hold = engine.hold();
  const busy = await app.register('busy', 'fake://busy');
  await app.beginBackup(busy, 'by-hand');
  await hold.reached();
  const stopped = app.app.stop();
  time.set('2026-03-02T12:30:00.000Z');
  hold.release();
  await stopped;

  await automated.startServer(app.dir);

  const [backup] = await waitForBackups(automated.app, instanceId, 1);
  expect(backup?.startedAt).toBe('2026-03-02T12:30:00.000Z');
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('several servers take one backup of each instance in each window', async () => {
    await using cluster = await Cluster.create();
    const time = new TestTime('2026-03-02T10:00:00.000Z');
    const start = async (): Promise<TestApp> =>
      TestApp.start({ env: cluster.env, overrides: { engines: [new FakeEngine()], ...time.overrides } });
    await using first = await start();
    await using second = await start();
    const names = Array.from({ length: 8 }, (_, index) => `shop-${index.toString()}`);
    const ids = await Promise.all(names.map((name) => first.register(name, `fake://${name}`)));
    await Promise.all(ids.map((instanceId) => setPolicy(second, { instanceId })));

    for (const [index, day] of ['02', '03'].entries()) {
      time.set(`2026-03-${day}T12:30:00.000Z`);
      await Promise.all(ids.map((id) => waitForBackups(first, id, index + 1)));
    }
    await time.looks(50);

    for (const id of ids) {
      const backups = await listBackups(second, id);
      expect(backups.map(({ startedAt, status }) => [startedAt, status])).toEqual([
        ['2026-03-02T12:30:00.000Z', 'COMPLETED'],
        ['2026-03-03T12:30:00.000Z', 'COMPLETED'],
      ]);
    }
    expect(await auditEvents(first, { caller: 'backup-policy', outcome: 'ACCEPTED' })).toHaveLength(16);
  });
});

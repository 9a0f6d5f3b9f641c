import { describe, expect, test } from 'vitest';
import { TestTime } from '../support/backup-policies.js';
import { auditEvents, deleteInstance } from '../support/backup-use.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { hasPostgres } from '../support/services.js';
import { TestApp } from '../support/test-app.js';

const START = '2026-03-02T00:00:00.000Z';
const ENV = { VERIFY_SCHEDULE: '0 3 * * *', VERIFY_SHARE: '30' };

/** It needs a server for a proof, and can read its dumps without one. */
class ServerEngine extends FakeEngine {
  override provesAlone = false;
}

interface Servers {
  readonly time: TestTime;
  readonly engine: FakeEngine;
}

async function start({ time, engine }: Servers, env: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  return TestApp.start({ env: { ...ENV, ...env }, overrides: { engines: [engine], ...time.overrides } });
}

function night(day: number): string {
  return `2026-03-${day.toString().padStart(2, '0')}T03:00:00.000Z`;
}

/** What the schedule has begun, as "name level", in the order of time. */
async function begun(app: TestApp): Promise<readonly string[]> {
  const events = await auditEvents(app, { action: 'VERIFY_BACKUP', caller: 'verify-schedule' });
  return events.map(({ details }) => (details ?? '').replace(/^Backup (\S+), level (\w+)\.$/, '$1 $2'));
}

/** Resolves once so many verifications have ended. */
async function ended(app: TestApp, count: number): Promise<void> {
  const read = async (): Promise<number> =>
    (await auditEvents(app, { action: 'VERIFY_BACKUP', caller: 'server' })).length;
  await expect.poll(read, { timeout: 20_000, interval: 10 }).toBe(count);
}

async function takeMany(app: TestApp, time: TestTime, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const instanceId = await app.register(`shop-${index.toString()}`, `fake://shop-${index.toString()}`);
    time.set(new Date(Date.parse(START) + index * 1000).toISOString());
    await app.takeBackup(instanceId, `backup-${index.toString()}`);
    ids.push(instanceId);
  }
  return ids;
}

test('each night a share of the backups is proved, rounded up, the longest not proved first', async () => {
  const servers = { time: new TestTime(START), engine: new FakeEngine() };
  await using app = await start(servers);
  const { time } = servers;
  await takeMany(app, time, 4);
  time.set('2026-03-02T02:59:59.999Z');
  await time.looks();
  expect(await begun(app)).toEqual([]);

  for (const [index, day] of [2, 3, 4].entries()) {
    time.set(night(day));
    await ended(app, 2 * (index + 1));
    await time.looks();
  }

  expect(await begun(app)).toEqual([0, 1, 2, 3, 0, 1].map((index) => `backup-${index.toString()} RESTORE`));
});

test('without a schedule nothing is proved', async () => {
  const servers = { time: new TestTime(START), engine: new FakeEngine() };
  await using app = await start(servers, { VERIFY_SCHEDULE: '' });
  await takeMany(app, servers.time, 1);

  servers.time.set(night(3));
  await servers.time.looks();

  expect(await begun(app)).toEqual([]);
});

test('a backup that has nowhere to be proved is read through, and keeps no other from its turn', async () => {
  const servers = { time: new TestTime(START), engine: new ServerEngine() };
  await using app = await start(servers, { VERIFY_SHARE: '1' });
  const { time } = servers;
  const [gone = ''] = await takeMany(app, time, 2);
  await deleteInstance(app, gone);

  for (const [index, day] of [2, 3, 4].entries()) {
    time.set(night(day));
    await ended(app, index + 1);
  }

  expect(await begun(app)).toEqual(['backup-0 FORMAT', 'backup-1 RESTORE', 'backup-0 FORMAT']);
});

test('a backup that fails its proof keeps no other from its turn', async () => {
  const servers = { time: new TestTime(START), engine: new FakeEngine() };
  await using app = await start(servers, { VERIFY_SHARE: '1' });
  const { time, engine } = servers;
  await takeMany(app, time, 2);
  engine.losesRow = true;
  time.set(night(2));
  await ended(app, 1);
  engine.losesRow = false;

  time.set(night(3));
  await ended(app, 2);

  expect(await begun(app)).toEqual(['backup-0 RESTORE', 'backup-1 RESTORE']);
});

test('a server that comes back soon makes up for its night, one that comes back late waits for the next', async () => {
  const servers = { time: new TestTime(START), engine: new FakeEngine() };
  await using app = await start(servers);
  const { time, engine } = servers;
  await takeMany(app, time, 1);
  await app.app.stop();
  const again = { dir: app.dir, env: ENV, overrides: { engines: [engine], ...time.overrides } };

  time.set('2026-03-02T09:00:00.000Z');
  await using late = await TestApp.start(again);
  await time.looks();
  expect(await begun(late)).toEqual([]);
  await late.app.stop();
  time.set('2026-03-03T03:30:00.000Z');
  await using soon = await TestApp.start(again);
  await ended(soon, 1);
  await soon.app.stop();
  await using same = await TestApp.start(again);
  await time.looks();

  expect(await begun(same)).toHaveLength(1);
});

test('a run ends early when the server stops', async () => {
  const servers = { time: new TestTime(START), engine: new FakeEngine() };
  await using app = await start(servers, { VERIFY_SHARE: '100' });
  const { time, engine } = servers;
  await takeMany(app, time, 3);
  const hold = engine.holdRestores();
  time.set(night(2));
  await hold.reached();

  const stopped = app.app.stop();
  hold.release();
  await stopped;

  await using again = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });
  expect(await begun(again)).toEqual(['backup-0 RESTORE']);
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('one of several servers proves the share of a night', async () => {
    await using cluster = await Cluster.create();
    const servers = { time: new TestTime(START), engine: new FakeEngine() };
    await using first = await start(servers, cluster.env);
    await using second = await start(servers, cluster.env);
    await takeMany(first, servers.time, 4);

    servers.time.set(night(2));
    await ended(second, 2);
    await servers.time.looks(50);

    expect(await begun(first)).toEqual(['backup-0 RESTORE', 'backup-1 RESTORE']);
  });
});

import { expect, test } from 'vitest';
import { take } from '../support/api-client.js';
import { Automated } from '../support/automated.js';
import { listBackups, readPolicy, setPolicy, TestTime, waitForBackups } from '../support/backup-policies.js';
import { auditEvents } from '../support/backup-use.js';
import { FakeEngine, Hold } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

test('a policy that is set before a missed window was told still tells it', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId });
  await app.app.stop();
  time.set('2026-03-02T13:00:00.000Z');

  await using slow = await TestApp.start({
    dir: app.dir,
    overrides: { engines: [automated.engine], ...time.overrides, tickMs: 3_600_000 },
  });
  await setPolicy(slow, { instanceId, startTime: '20:00' });

  expect(await readPolicy(slow, instanceId)).toMatchObject({
    lastMissedAt: '2026-03-02T12:00:00.000Z',
    nextBackupAt: '2026-03-02T20:30:00.000Z',
  });
  const events = await auditEvents(slow, { action: 'CREATE_BACKUP' });
  expect(events.map(({ code }) => code)).toEqual(['WINDOW_MISSED']);
  const [, , missed, set] = await take(slow.statusChanges({ after: '0' }), 4);
  expect(missed?.reason).toMatch(/^No backup in the window from 2026-03-02T12:00:00.000Z\. /);
  expect(set?.reason).toMatch(/^The backup policy is set: enabled, from 20:00 UTC, /);
});

test('a policy that is changed in its window takes no second backup in it', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId });
  time.set('2026-03-02T12:30:00.000Z');
  await waitForBackups(app, instanceId, 1);
  time.set('2026-03-02T12:40:00.000Z');

  await setPolicy(app, { instanceId, enabled: false });
  for (const startTime of ['12:00', '12:15', '11:45']) await setPolicy(app, { instanceId, startTime });
  await time.looks();

  expect(await automated.countBackups()).toBe(1);
  expect((await automated.policy()).nextBackupAt).toBe('2026-03-03T12:15:00.000Z');
});

test('a policy that is changed in its window does not lose the backup that is to come', async () => {
  await using automated = await Automated.start();
  const { app, time, instanceId } = automated;
  await setPolicy(app, { instanceId });
  time.set('2026-03-02T12:10:00.000Z');

  expect((await setPolicy(app, { instanceId, keepDays: 30 })).nextBackupAt).toBe('2026-03-02T12:30:00.000Z');
  expect((await setPolicy(app, { instanceId, startTime: '11:15' })).nextBackupAt).toBe('2026-03-02T12:10:00.000Z');

  expect(await waitForBackups(app, instanceId, 1)).toHaveLength(1);
});

/** Who asks it for its programs waits. */
class SlowEngine extends FakeEngine {
  readonly toolsHold = new Hold();

  override async assertTools(): Promise<void> {
    await this.toolsHold.pass(new AbortController().signal);
  }
}

test.each([
  [true, 1],
  [false, 0],
])('a policy that is set, enabled: %s, while its backup is being created leaves %i of it', async (enabled, count) => {
  const time = new TestTime('2026-03-02T10:00:00.000Z');
  const engine = new SlowEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine], ...time.overrides } });
  const instanceId = await app.register('shop', 'fake://shop');
  await setPolicy(app, { instanceId });
  time.set('2026-03-02T12:30:00.000Z');
  await engine.toolsHold.reached();

  await setPolicy(app, { instanceId, enabled, keepDays: 30 });
  engine.toolsHold.release();

  await waitForBackups(app, instanceId, count);
  await time.looks();
  expect(await listBackups(app, instanceId)).toHaveLength(count);
  expect(await readPolicy(app, instanceId)).toMatchObject({ enabled, keepDays: 30, lastMissedAt: null });
});

import { expect, test } from 'vitest';
import { Engine, InstanceRole } from '../../src/domain/instance.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { REGISTERED } from '../support/api-client.js';
import type { StatusChangeMessage } from '../support/api-client.js';
import { CheckLog } from '../support/check-log.js';
import { FakeEngine } from '../support/fake-engine.js';
import { LogCapture } from '../support/log-capture.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const ENV = { HEALTH_INTERVAL: '20ms' };
const GONE = new EngineUnreachableError('nobody is at home.');
const GONE_REASON = 'The instance cannot be used: nobody is at home.';

/** A server that looks after one instance, and the changes of it from here on. */
class Watched implements AsyncDisposable {
  readonly engine = new FakeEngine();
  readonly checks = new CheckLog(this.engine);
  readonly log = new LogCapture();
  app!: TestApp;
  instanceId = '';
  #changes!: AsyncGenerator<StatusChangeMessage, void>;

  static async start(): Promise<Watched> {
    const watched = new Watched();
    const overrides = { engines: [watched.engine], logger: watched.log.logger };
    watched.app = await TestApp.start({ env: ENV, overrides });
    watched.instanceId = await watched.app.register('shop', 'fake://shop');
    watched.#changes = watched.app.statusChanges({ after: REGISTERED });
    return watched;
  }

  async next(): Promise<StatusChangeMessage> {
    const { value } = await this.#changes.next();
    if (value === undefined) throw new Error('the subscription ended');
    return value;
  }

  async read(): Promise<Record<string, unknown>> {
    const { data } = await this.app.graphql('{ instances { nodes { status statusReason role engineVersion } } }');
    return data.instances.nodes[0] as Record<string, unknown>;
  }

  /** How many changes there were since it was registered. */
  async countChanges(): Promise<number> {
    const { data } = await this.app.graphql('{ instances { eventCursor } }');
    return Number(data.instances.eventCursor) - Number(REGISTERED);
  }

  async refusalOf(name: string): Promise<Record<string, unknown> | undefined> {
    return (await this.app.createBackup(this.instanceId, name)).errors?.[0]?.extensions;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#changes.return();
    await this.app[Symbol.asyncDispose]();
  }
}

test('an instance that misses three checks in a row is ABNORMAL, with the reason, and is not backed up', async () => {
  await using watched = await Watched.start();
  watched.engine.fault = GONE;

  const change = await watched.next();

  expect(change).toMatchObject({ previousStatus: 'AVAILABLE', status: 'ABNORMAL', reason: GONE_REASON, backup: null });
  expect(await watched.read()).toMatchObject({ status: 'ABNORMAL', statusReason: GONE_REASON });
  expect(await watched.refusalOf('first')).toMatchObject({ code: 'INSTANCE_NOT_AVAILABLE', status: 'ABNORMAL' });
});

test('an instance that misses one check or two, and then answers, counts as well, and the count begins anew', async () => {
  await using watched = await Watched.start();
  const before = watched.checks.total;
  const steps = ['miss', 'answer', 'miss', 'miss', 'answer', 'miss', 'miss', 'answer', 'miss', 'miss', 'miss'] as const;
  watched.checks.script([...steps, 'hang'], GONE);

  const change = await watched.next();

  expect(change).toMatchObject({ previousStatus: 'AVAILABLE', status: 'ABNORMAL' });
  expect(await watched.countChanges()).toBe(1);
  expect(watched.checks.total - before).toBeGreaterThanOrEqual(steps.length);
});

test('an ABNORMAL instance goes on being asked; it is said once, and again when the reason is another', async () => {
  await using watched = await Watched.start();
  watched.engine.fault = GONE;
  await watched.next();
  await watched.checks.waitForMore(5);
  expect(await watched.countChanges()).toBe(1);

  watched.engine.fault = new EngineUnreachableError('the login was refused.');
  const change = await watched.next();

  const reason = 'The instance cannot be used: the login was refused.';
  expect(change).toMatchObject({ previousStatus: 'ABNORMAL', status: 'ABNORMAL', reason });
  expect(await watched.read()).toMatchObject({ status: 'ABNORMAL', statusReason: reason });
});

test('an instance that answers again is AVAILABLE at the first answer, and can be backed up', async () => {
  await using watched = await Watched.start();
  watched.engine.fault = GONE;
  await watched.next();
  watched.engine.fault = null;

  const change = await watched.next();

  expect(change).toMatchObject({
    previousStatus: 'ABNORMAL',
    status: 'AVAILABLE',
    reason: 'The instance answers again.',
  });
  expect(await watched.read()).toMatchObject({ status: 'AVAILABLE', statusReason: null });
  expect((await watched.app.takeBackup(watched.instanceId, 'first')).status).toBe('COMPLETED');
});

test('a failover shows as a change of the role, with no change of the status: a standby is not backed up', async () => {
  await using watched = await Watched.start();
  watched.engine.role = InstanceRole.STANDBY;

  expect(await watched.next()).toMatchObject({
    previousStatus: 'AVAILABLE',
    status: 'AVAILABLE',
    reason: 'The instance is a STANDBY now; it was a PRIMARY.',
  });
  expect(await watched.read()).toMatchObject({ role: 'STANDBY', status: 'AVAILABLE', statusReason: null });
  expect(await watched.refusalOf('first')).toMatchObject({ code: 'INSTANCE_NOT_PRIMARY', role: 'STANDBY' });

  watched.engine.role = InstanceRole.PRIMARY;
  expect((await watched.next()).reason).toBe('The instance is a PRIMARY now; it was a STANDBY.');
  expect((await watched.app.takeBackup(watched.instanceId, 'first')).status).toBe('COMPLETED');
});

test('an upgrade shows as a change of the version, which the next backup bears', async () => {
  await using watched = await Watched.start();
  watched.engine.engineVersion = '16.0';

  const change = await watched.next();

  expect(change).toMatchObject({
    previousStatus: 'AVAILABLE',
    status: 'AVAILABLE',
    reason: 'The instance runs version 16.0 now; it ran 15.0.',
  });
  const { id } = await watched.app.takeBackup(watched.instanceId, 'first');
  const { data } = await watched.app.graphql('query ($id: ID!) { backup(id: $id) { engineVersion } }', { id });
  expect(data.backup.engineVersion).toBe('16.0');
});

test('an instance that comes back as something else says all of it in one change', async () => {
  await using watched = await Watched.start();
  watched.engine.fault = GONE;
  await watched.next();
  watched.engine.role = InstanceRole.STANDBY;
  watched.engine.engineVersion = '16.0';
  watched.engine.fault = null;

  const change = await watched.next();

  expect(change).toMatchObject({
    previousStatus: 'ABNORMAL',
    status: 'AVAILABLE',
    reason:
      'The instance answers again. The instance is a STANDBY now; it was a PRIMARY. The instance runs version 16.0 now; it ran 15.0.',
  });
  expect(await watched.read()).toMatchObject({ status: 'AVAILABLE', role: 'STANDBY', engineVersion: '16.0' });
});

test('another product behind the URL makes the instance ABNORMAL: it is not the one that was registered', async () => {
  await using watched = await Watched.start();
  watched.engine.product = Engine.MARIADB;

  const change = await watched.next();

  expect(change).toMatchObject({ status: 'ABNORMAL' });
  expect(change.reason).toBe(
    'The instance cannot be used: another product answers there now: MARIADB. Register it as an instance of its own.',
  );
});

test('an instance is not asked while it is being backed up', async () => {
  await using watched = await Watched.start();
  const { app, engine, checks, instanceId } = watched;
  await app.register('clock', 'fake://clock');
  const hold = engine.hold();
  const backupId = await app.beginBackup(instanceId, 'first');
  await hold.reached();
  // A check that was claimed before the backup began may still be under way.
  await checks.waitForMore(2, 'fake://clock');
  const before = checks.countOf('fake://shop');

  await checks.waitForMore(10, 'fake://clock');

  expect(checks.countOf('fake://shop')).toBe(before);
  hold.release();
  expect((await app.waitForEnd(backupId)).status).toBe('COMPLETED');
  await checks.waitForMore(2, 'fake://shop');
});

test('a backup that has failed because its instance is gone leaves it ABNORMAL, until that answers again', async () => {
  await using watched = await Watched.start();
  const { app, engine, instanceId } = watched;
  const hold = engine.hold();
  engine.script = () => ({ exit: () => Promise.reject(new EngineUnreachableError('the connection was lost.')) });
  const backupId = await app.beginBackup(instanceId, 'first');
  await hold.reached();
  engine.fault = GONE;
  hold.release();

  expect(await watched.next()).toMatchObject({ status: 'BACKING_UP' });
  expect(await watched.next()).toMatchObject({
    previousStatus: 'BACKING_UP',
    status: 'ABNORMAL',
    reason: GONE_REASON,
    backup: { id: backupId, status: 'FAILED' },
  });
  engine.fault = null;
  expect(await watched.next()).toMatchObject({ previousStatus: 'ABNORMAL', status: 'AVAILABLE', backup: null });
});

test('an error that nobody expected counts as no miss: it is logged, and the instance stays what it was', async () => {
  await using watched = await Watched.start();
  watched.engine.fault = new TypeError('wires crossed');

  await watched.checks.waitForMore(6);

  expect(await watched.read()).toMatchObject({ status: 'AVAILABLE' });
  expect(watched.log.entries).toContainEqual(
    expect.objectContaining({
      msg: 'the health of an instance could not be checked',
      instanceId: watched.instanceId,
      err: expect.objectContaining({ message: 'wires crossed' }),
    }),
  );
});

test('a check that hangs is not asked a second time, and holds up neither the others nor the shutdown', async () => {
  await using watched = await Watched.start();
  const { app, checks } = watched;
  await app.register('clock', 'fake://clock');
  checks.onCheck = (url) => (url === 'fake://shop' ? new Promise(() => undefined) : Promise.resolve());
  await checks.waitForMore(1, 'fake://shop');
  const before = checks.countOf('fake://shop');

  // More rounds than there are places for checks: each round must not take another one.
  await checks.waitForMore(60, 'fake://clock');

  expect(checks.countOf('fake://shop')).toBe(before);
  await app.app.stop();
});

test('an instance that has moved is asked at its new place, whatever hangs at the old one', async () => {
  await using watched = await Watched.start();
  const { app, checks, instanceId } = watched;
  checks.onCheck = (url) => (url === 'fake://shop' ? new Promise(() => undefined) : Promise.resolve());
  await checks.waitForMore(1, 'fake://shop');

  await app.updateInstance(instanceId, { url: 'fake://moved' });

  await checks.waitForMore(2, 'fake://moved');
  expect(await watched.read()).toMatchObject({ status: 'AVAILABLE' });
});

async function countMissed(app: TestApp): Promise<unknown> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  return await catalog.all('SELECT missed_checks FROM instances');
}

test('missed checks are counted across a restart', async () => {
  const engine = new FakeEngine();
  const checks = new CheckLog(engine);
  checks.script(['miss', 'miss', 'hang'], GONE);
  await using first = await TestApp.start({ env: ENV, overrides: { engines: [engine] } });
  const instanceId = await first.register('shop', 'fake://shop');
  await checks.waitForTotal(3);
  await first.app.stop();
  expect(await countMissed(first)).toEqual([{ missed_checks: 2 }]);
  checks.script(['miss', 'hang'], GONE);

  await using second = await TestApp.start({ dir: first.dir, env: ENV, overrides: { engines: [engine] } });
  const changes = second.statusChanges({ after: REGISTERED });
  const { value } = await changes.next();
  await changes.return();

  expect(value).toMatchObject({ status: 'ABNORMAL', reason: GONE_REASON, instance: { id: instanceId } });
});

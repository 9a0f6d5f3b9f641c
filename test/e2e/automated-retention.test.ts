import { expect, test } from 'vitest';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { listBackups, setPolicy, TestTime, waitForBackups } from '../support/backup-policies.js';
import { take } from '../support/api-client.js';
import { auditEvents, beginRestore, verify, waitForRestoreEnd, watchDeletions } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { listBackupFolders } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

/** A server with one instance that is backed up at noon of every day of March, from the first on. */
class Retained implements AsyncDisposable {
  readonly time = new TestTime('2026-03-01T00:00:00.000Z');
  readonly engine = new FakeEngine();
  app!: TestApp;
  instanceId = '';

  static async start(keepDays: number): Promise<Retained> {
    const retained = new Retained();
    retained.time.random = 0;
    retained.app = await TestApp.start({ overrides: { engines: [retained.engine], ...retained.time.overrides } });
    retained.instanceId = await retained.app.register('shop', 'fake://shop');
    await retained.keep(keepDays);
    return retained;
  }

  async keep(keepDays: number, more: { readonly enabled?: boolean } = {}): Promise<void> {
    await setPolicy(this.app, { instanceId: this.instanceId, keepDays, ...more });
  }

  /** Lets a day's automated backup be taken, and waits for its end. */
  async take(day: number): Promise<string> {
    const known = new Set((await listBackups(this.app, this.instanceId)).map(({ id }) => id));
    this.time.set(`2026-03-${day.toString().padStart(2, '0')}T12:00:00.000Z`);
    const findNew = async (): Promise<string | undefined> =>
      (await listBackups(this.app, this.instanceId)).find(({ id }) => !known.has(id))?.id;
    await expect.poll(findNew, { interval: 10 }).toBeDefined();
    const id = (await findNew()) ?? '';
    await this.app.waitForEnd(id);
    return id;
  }

  async days(): Promise<readonly number[]> {
    return (await listBackups(this.app, this.instanceId)).map(({ startedAt }) => new Date(startedAt).getUTCDate());
  }

  /** Resolves once the backups of exactly these days are there. */
  async left(days: readonly number[]): Promise<void> {
    await expect.poll(() => this.days(), { timeout: 20_000, interval: 10 }).toEqual(days);
  }

  /** Retention goes through all policies every hour. */
  async nextHour(): Promise<void> {
    this.time.set(new Date(this.time.now.getTime() + 3_600_000).toISOString());
    await this.time.looks();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app[Symbol.asyncDispose]();
  }
}

test('automated backups go when they are older than they are kept, files and all, and the audit log says so', async () => {
  await using retained = await Retained.start(2);
  const { app } = retained;
  const first = await retained.take(1);
  const second = await retained.take(2);
  const deletions = await watchDeletions(app);
  for (const day of [3, 4, 5]) await retained.take(day);

  await retained.left([3, 4, 5]);

  expect((await take(deletions, 2)).map(({ id }) => id)).toEqual([first, second]);
  expect((await listBackupFolders(app.artifacts)).length).toBe(3);
  const events = await auditEvents(app, { action: 'DELETE_BACKUP', backupId: first });
  expect(events.map(({ caller, outcome }) => [caller, outcome])).toEqual([
    ['retention', 'ACCEPTED'],
    ['server', 'COMPLETED'],
  ]);
});

test('a shorter time holds at once, also for a policy that takes no more backups', async () => {
  await using retained = await Retained.start(30);
  for (const day of [1, 2, 3, 4]) await retained.take(day);
  retained.time.set('2026-03-04T20:00:00.000Z');

  await retained.keep(2, { enabled: false });
  await retained.left([3, 4]);

  await retained.nextHour();
  expect(await retained.days()).toEqual([3, 4]);
  retained.time.set('2026-03-30T00:00:00.000Z');
  await retained.left([4]);
});

test('the last good backup stays however old it is, and those after it that are not good', async () => {
  await using retained = await Retained.start(1);
  const { app, engine } = retained;
  await retained.take(1);
  const second = await retained.take(2);
  engine.formatFault = new BackupFailedError(BackupFailureCode.DUMP_FAILED, 'It is torn.');
  expect((await verify(app, second, 'FORMAT')).status).toBe('FAILED');
  engine.script = () => ({ exit: () => Promise.reject(new Error('no dump')) });
  await retained.take(20);
  await retained.nextHour();
  expect(await retained.days()).toEqual([1, 2, 20]);

  engine.formatFault = null;
  engine.script = () => ({});
  await retained.take(25);

  await retained.left([25]);
});

test('manual backups are never touched; one that is newer and good lets automated ones go', async () => {
  await using retained = await Retained.start(1);
  const { app, time, instanceId } = retained;
  await app.takeBackup(instanceId, 'by-hand');
  await retained.take(1);
  await retained.keep(1, { enabled: false });
  time.set('2026-03-10T00:00:00.000Z');
  await retained.nextHour();
  expect(await retained.days()).toEqual([1, 1]);

  await app.takeBackup(instanceId, 'by-hand-again');
  await retained.nextHour();

  await retained.left([1, 10]);
  const types = (await listBackups(app, instanceId)).map(({ type }) => type);
  expect(types).toEqual(['MANUAL', 'MANUAL']);
});

test('a backup that is being restored stays until the next time', async () => {
  await using retained = await Retained.start(30);
  const { app, engine, instanceId } = retained;
  const first = await retained.take(1);
  await retained.take(20);
  const target = await app.register('target', 'fake://target');
  const hold = engine.holdRestores();
  const restoreId = await beginRestore(app, { backupId: first, targetInstanceId: target, overwrite: true });
  await hold.reached();

  await retained.keep(1);
  await retained.time.looks();
  expect(await retained.days()).toEqual([1, 20]);
  hold.release();
  expect((await waitForRestoreEnd(app, restoreId)).status).toBe('COMPLETED');

  await retained.nextHour();
  await retained.left([20]);
  expect(await waitForBackups(app, instanceId, 1)).toMatchObject([{ status: 'COMPLETED' }]);
});

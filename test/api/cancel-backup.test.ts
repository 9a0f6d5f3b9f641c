import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { REGISTERED, take } from '../support/api-client.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Gate } from '../support/gate.js';
import { hasPostgres } from '../support/services.js';
import { SqliteFile } from '../support/sqlite.js';
import { listBackupFolders, listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const ROUNDS = 40;
const CANCELLED = { code: 'CANCELLED', message: 'The backup was cancelled by a user.' };

async function startWithFake(
  engine: FakeEngine,
  env: Readonly<Record<string, string>> = { MAX_CONCURRENT_BACKUPS: '1' },
): Promise<TestApp> {
  return TestApp.start({ env, overrides: { engines: [engine] } });
}

async function expectNothingLeft(app: TestApp): Promise<void> {
  expect(await listFiles(app.artifacts)).toEqual([]);
  expect(await listFiles(join(app.dataDir, '.rds-backup-scratch'))).toEqual([]);
}

/** Until the catalog knows of a cancellation. */
async function waitUntilRecorded(app: TestApp): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  for (;;) if ((await catalog.all('SELECT 1 FROM backups WHERE is_cancelled')).length > 0) return;
}

test('stops a running backup: it is FAILED as CANCELLED, nothing of it is left, and its instance is free', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const backupId = await app.beginBackup(instanceId, 'first');
  await hold.reached();

  const { data, errors } = await app.cancelBackup(backupId);

  expect(errors).toBeUndefined();
  expect(data.cancelBackup.backup).toEqual({
    id: backupId,
    status: 'FAILED',
    failure: CANCELLED,
    instance: { status: 'AVAILABLE' },
  });
  await expectNothingLeft(app);
  const changes = await take(app.statusChanges({ after: REGISTERED }), 2);
  expect(changes).toMatchObject([
    { status: 'BACKING_UP', reason: 'Backup first is being created.', backup: { id: backupId } },
    { previousStatus: 'BACKING_UP', status: 'AVAILABLE', reason: `Backup first has failed. ${CANCELLED.message}` },
  ]);
  hold.release();
  expect((await app.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('stops the copy of a SQLite database, which has been waiting for a lock', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample('shop');
  await using source = await SqliteFile.open(app.dir.join('shop.db'));
  await source.exec('BEGIN EXCLUSIVE');
  const backupId = await app.beginBackup(instanceId, 'first');
  await app.waitForBackup(backupId, ({ progress }) => progress.phase === 'COPYING');

  const cancelling = app.cancelBackup(backupId);
  await waitUntilRecorded(app);
  // SQLite itself heeds no signal while it waits for a lock.
  await source.exec('ROLLBACK');
  const { data } = await cancelling;

  expect(data.cancelBackup.backup).toMatchObject({ status: 'FAILED', failure: CANCELLED });
  await expectNothingLeft(app);
  expect((await app.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('stops a backup that is QUEUED at once: it waits for no place, and the one that runs goes on', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const running = await app.beginBackup(await app.register('running', 'fake://a'), 'a-running');
  await hold.reached();
  const queued = await app.register('queued', 'fake://b');
  const backupId = await app.beginBackup(queued, 'b-queued');

  const { data } = await app.cancelBackup(backupId);

  expect(data.cancelBackup.backup).toMatchObject({
    status: 'FAILED',
    failure: CANCELLED,
    instance: { status: 'AVAILABLE' },
  });
  const again = await app.beginBackup(queued, 'b-queued');
  hold.release();
  expect((await app.waitForEnd(running)).status).toBe('COMPLETED');
  expect((await app.waitForEnd(again)).status).toBe('COMPLETED');
  expect(hold.arrived).toBe(2);
});

test('may be asked for again, at the same time or later, with the same answer', async () => {
  const engine = new FakeEngine();
  engine.hold();
  await using app = await startWithFake(engine);
  const backupId = await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');

  const answers = await Promise.all(Array.from({ length: 10 }, () => app.cancelBackup(backupId)));
  answers.push(await app.cancelBackup(backupId));

  for (const { data, errors } of answers) {
    expect(errors).toBeUndefined();
    expect(data.cancelBackup.backup).toMatchObject({ id: backupId, status: 'FAILED', failure: CANCELLED });
  }
  const { data } = await app.graphql('{ instances { eventCursor } }');
  expect(data.instances.eventCursor).toBe('3');
});

test('refuses a backup that has COMPLETED, which stays what it is', async () => {
  await using app = await startWithFake(new FakeEngine());
  const { id: backupId } = await app.takeBackup(await app.register('shop', 'fake://db1'), 'first');
  const files = await listFiles(app.artifacts);

  const { data, errors } = await app.cancelBackup(backupId);

  expect(data).toBeNull();
  expect(errors?.[0]?.message).toBe('Only a backup that is BUILDING can be cancelled; this one is COMPLETED.');
  expect(errors?.[0]?.extensions).toEqual({
    code: 'BACKUP_NOT_CANCELLABLE',
    retryable: false,
    backupId,
    status: 'COMPLETED',
  });
  expect((await app.waitForEnd(backupId)).status).toBe('COMPLETED');
  expect(await listFiles(app.artifacts)).toEqual(files);
});

test('refuses a backup that has FAILED by itself', async () => {
  const engine = new FakeEngine();
  engine.formatFault = new BackupFailedError(BackupFailureCode.DUMP_FAILED, 'It is no dump.');
  await using app = await startWithFake(engine);
  const { id: backupId } = await app.takeBackup(await app.register('shop', 'fake://db1'), 'first');

  const { errors } = await app.cancelBackup(backupId);

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_NOT_CANCELLABLE', backupId, status: 'FAILED' });
  expect((await app.waitForEnd(backupId)).failure?.code).toBe('DUMP_FAILED');
});

test.each(['nobody', '', '\0'])('refuses the id %j, which no backup has', async (backupId) => {
  await using app = await TestApp.start();

  const { errors } = await app.cancelBackup(backupId);

  expect(errors?.[0]?.extensions).toEqual({ code: 'BACKUP_NOT_FOUND', retryable: false, backupId });
});

test('answers after 5 s what still has to be stopped, because it ignores its signal, and then tells the end', async () => {
  const engine = new FakeEngine();
  const isAsked = new Gate();
  engine.onHealthCheck = (): Promise<never> => {
    isAsked.open();
    return new Promise(() => undefined);
  };
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const backupId = await app.beginBackup(instanceId, 'first');
  await isAsked.opened;

  const { data } = await app.cancelBackup(backupId);

  expect(data.cancelBackup.backup).toMatchObject({
    status: 'BUILDING',
    failure: null,
    instance: { status: 'BACKING_UP' },
  });
  expect(await app.waitForEnd(backupId)).toMatchObject({ status: 'FAILED', failure: CANCELLED });
  await expectNothingLeft(app);
  engine.onHealthCheck = () => Promise.resolve();
  expect((await app.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('is heard of with the next renewal of the lease, if the wake-up was lost', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const backupId = await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');
  await hold.reached();
  // As another server writes it, whose wake-up does not arrive.
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec('PRAGMA busy_timeout = 5000; UPDATE backups SET is_condemned = TRUE, is_cancelled = TRUE');

  expect(await app.waitForEnd(backupId)).toMatchObject({ status: 'FAILED', failure: CANCELLED });
});

test('is taken while the server shuts down, which then need not wait for the backup', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine, { SHUTDOWN_GRACE: '1h' });
  const backupId = await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');
  await hold.reached();
  const stopped = app.app.stop();

  const { data } = await app.cancelBackup(backupId);
  await stopped;

  expect(data.cancelBackup.backup).toMatchObject({ status: 'FAILED', failure: CANCELLED });
});

test('I6: a backup that was told cancelled never completes, whenever that comes, nor is one lost that was told completed', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const beginDumped = async (name: string): Promise<string> => {
    const isDumped = new Gate();
    engine.script = () => ({
      exit: () => {
        isDumped.open();
        return Promise.resolve();
      },
    });
    const backupId = await app.beginBackup(instanceId, name);
    await isDumped.opened;
    return backupId;
  };
  const kept = [await beginDumped('whole')];
  const dumpedAt = Date.now();
  await app.waitForEnd(kept[0] ?? '');
  const durationMs = Date.now() - dumpedAt;

  for (let round = 0; round < ROUNDS; round += 1) {
    const backupId = await beginDumped(`round-${round.toString()}`);
    // The moment is what the test varies: from the end of the dump to the end of the backup, which the first one took
    // longer to come to than those after it.
    await delay((round / ROUNDS) ** 2 * durationMs);

    const { data, errors } = await app.cancelBackup(backupId);

    const { status, failure } = await app.waitForEnd(backupId);
    if (errors === undefined) {
      expect(data.cancelBackup.backup).toMatchObject({ status: 'FAILED', failure: CANCELLED });
      expect([status, failure]).toEqual(['FAILED', CANCELLED]);
    } else {
      expect(errors[0]?.extensions).toMatchObject({ code: 'BACKUP_NOT_CANCELLABLE', status: 'COMPLETED' });
      expect(status).toBe('COMPLETED');
      kept.push(backupId);
    }
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  }
  expect([...(await listBackupFolders(app.artifacts))].sort()).toEqual([...kept].sort());
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('stops a backup that another server works on, or keeps waiting', async () => {
    await using cluster = await Cluster.create();
    const engine = new FakeEngine();
    const hold = engine.hold();
    const env = { ...cluster.env, MAX_CONCURRENT_BACKUPS: '1' };
    await using first = await startWithFake(engine, env);
    await using second = await startWithFake(engine, env);
    const running = await first.beginBackup(await first.register('running', 'fake://a'), 'a-running');
    await hold.reached();
    const queued = await first.beginBackup(await first.register('queued', 'fake://b'), 'b-queued');

    for (const backupId of [queued, running]) {
      const { data } = await second.cancelBackup(backupId);
      expect(data.cancelBackup.backup).toMatchObject({
        status: 'FAILED',
        failure: CANCELLED,
        instance: { status: 'AVAILABLE' },
      });
      expect((await first.waitForEnd(backupId)).failure).toEqual(CANCELLED);
    }
    expect(await listFiles(cluster.artifacts)).toEqual([]);
    expect(hold.arrived).toBe(1);
  });

  test('refuses ids that no backup has, whatever is in them', async () => {
    await using cluster = await Cluster.create();
    await using app = await TestApp.start({ env: cluster.env });
    for (const backupId of ['nobody', 'a\0b', 'x'.repeat(20_000)]) {
      expect((await app.cancelBackup(backupId)).errors?.[0]?.extensions.code).toBe('BACKUP_NOT_FOUND');
    }
  });
});

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { aborted, FakeEngine } from '../support/fake-engine.js';
import { Gate } from '../support/gate.js';
import { listFiles, readManifest } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** It says that each dump takes room for a temporary copy. */
class StagingEngine extends FakeEngine {
  override readonly isStaged = true;
}

/** A server, and an engine with six databases of different sizes. */
async function start(engine: FakeEngine, atOnce: number): Promise<TestApp> {
  engine.databases = NAMES.map((name, index) => ({ name, sizeBytes: 1000 * (index + 1), system: false }));
  return TestApp.start({
    env: { MAX_CONCURRENT_DUMPS: atOnce.toString(), MAX_CONCURRENT_BACKUPS: '1' },
    overrides: { engines: [engine] },
  });
}

test.each([1, 2, 4, 64])(
  'dumps at most %d databases of an instance at once, and as many if there are',
  async (limit) => {
    const engine = new FakeEngine();
    const hold = engine.hold();
    const expected = Math.min(limit, NAMES.length);
    await using app = await start(engine, limit);
    const backupId = await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');
    await hold.reached(expected);
    const underWay = engine.mostAtOnce;
    hold.release();

    const backup = await app.waitForEnd(backupId);

    expect(backup.status).toBe('COMPLETED');
    expect(underWay).toBe(expected);
    expect(engine.mostAtOnce).toBe(expected);
    expect(hold.arrived).toBe(NAMES.length);
  },
);

test('stores them in the order of the databases, whichever is ready first, and counts all of their bytes', async () => {
  const engine = new FakeEngine();
  const isLastDone = new Gate();
  await using app = await start(engine, NAMES.length);
  engine.script = ({ database }) => ({
    exit: async () => {
      if (database.name === 'f') isLastDone.open();
      await isLastDone.opened;
    },
  });

  const backup = await app.takeBackup(await app.register('shop', 'fake://db1'), 'first');

  const { artifacts } = await readManifest(app.artifacts, backup.id);
  expect(artifacts.map(({ database, originalBytes }) => [database, originalBytes])).toEqual(
    NAMES.map((name, index) => [name, 1000 * (index + 1)]),
  );
  expect(backup.databases.map(({ name }) => name)).toEqual(NAMES);
  expect(backup.sizeBytes).toBe(21_000);
  expect(backup.progress).toMatchObject({ phase: 'DONE', percent: 100, bytesDone: 21_000 });
});

test('stops the other dumps when one fails, begins no more, tells why that one failed, and leaves nothing', async () => {
  const engine = new FakeEngine();
  await using app = await start(engine, 3);
  const [begun, stopped]: [string[], string[]] = [[], []];
  const areOthersBegun = new Gate();
  engine.script = ({ database: { name }, signal }) => {
    begun.push(name);
    if (begun.length === 3) areOthersBegun.open();
    const content = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(100);
      await areOthersBegun.opened;
      if (name === 'b') throw new BackupFailedError(BackupFailureCode.DUMP_FAILED, 'Database b is damaged.');
      await aborted(signal);
      stopped.push(name);
    };
    return { content: content() };
  };
  const instanceId = await app.register('shop', 'fake://db1');

  const { status, failure, databases } = await app.takeBackup(instanceId, 'first');

  expect([status, failure]).toEqual(['FAILED', { code: 'DUMP_FAILED', message: 'Database b is damaged.' }]);
  expect(begun.sort()).toEqual(['a', 'b', 'c']);
  expect(stopped.sort()).toEqual(['a', 'c']);
  expect(databases.filter(({ sha256 }) => sha256 !== null)).toEqual([]);
  expect(await listFiles(app.artifacts)).toEqual([]);
  expect(await listFiles(join(app.dataDir, '.rds-backup-scratch'))).toEqual([]);
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  engine.script = () => ({});
  expect((await app.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('stops all of them when the backup is cancelled', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await start(engine, 4);
  const backupId = await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');
  await hold.reached(4);

  const { data } = await app.cancelBackup(backupId);

  expect(data.cancelBackup.backup.failure.code).toBe('CANCELLED');
  expect(hold.arrived).toBe(4);
  expect(await listFiles(app.artifacts)).toEqual([]);
});

test('copies the databases of an engine that stages them one after the other, whatever the limit', async () => {
  const engine = new StagingEngine();
  await using app = await start(engine, 64);

  const backup = await app.takeBackup(await app.register('shop', 'fake://db1'), 'first');

  expect(backup.status).toBe('COMPLETED');
  expect(engine.mostAtOnce).toBe(1);
});

import { describe, expect, test } from 'vitest';
import { RestoreFailedError } from '../../src/domain/failure.js';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { Opened } from '../../src/opened.js';
import {
  beginRestore,
  restore,
  verifyBackup,
  waitForRestore,
  waitForRestoreEnd,
  waitForVerification,
} from '../support/backup-use.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import type { Hold } from '../support/hold.js';
import { hasPostgres } from '../support/services.js';
import { SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

const URL = 'fake://db1';
const NAMES = ['alpha', 'beta'];

function createEngine(sizeBytes: number): FakeEngine {
  const engine = new FakeEngine();
  engine.databases = NAMES.map((name) => ({ name, sizeBytes, system: false }));
  return engine;
}

function sizesOf(engine: FakeEngine): readonly number[] {
  return NAMES.map((name) => engine.contentOf(URL, name).length);
}

async function sql(app: TestApp, text: string): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`PRAGMA busy_timeout = 5000; ${text}`);
}

/**
 * A stopped server whose catalog was set back to a phase of a restore: another server held it, and died. What the engine has
 * beside is as that phase leaves it.
 */
async function stopIn(
  phase: string,
): Promise<{ app: TestApp; engine: FakeEngine; restoreId: string; instanceId: string }> {
  const engine = createEngine(2000);
  const app = await TestApp.start({ env: { SHUTDOWN_GRACE: '100ms' }, overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', URL);
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  engine.databases = NAMES.map((name) => ({ name, sizeBytes: 3000, system: false }));
  const input = { backupId, targetInstanceId: instanceId, overwrite: true };
  // What is loaded stays beside: neither given its name nor taken back.
  const [commit, abandon] = [engine.commitRestore.bind(engine), engine.abandonRestore.bind(engine)];
  engine.commitRestore = () => Promise.reject(new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'died'));
  engine.abandonRestore = () => Promise.resolve();
  if (phase === 'QUEUED' || phase === 'CHECKING') engine.stageFault = new Error('died');
  const { id: restoreId } = await restore(app, input);
  await app.app.stop();
  Object.assign(engine, { commitRestore: commit, abandonRestore: abandon, stageFault: null });
  await sql(
    app,
    `UPDATE restores SET status = 'RUNNING', phase = '${phase}', failure_code = NULL, failure_message = NULL,
       completed_at = NULL, lease_owner = 'dead', lease_expires_at = 9000000000000;
     UPDATE instances SET status = 'RESTORING', status_reason = 'Backup first is being restored.'`,
  );
  engine.restoreCalls.length = 0;
  return { app, engine, restoreId, instanceId };
}

test.each(['QUEUED', 'CHECKING', 'LOADING'])(
  'a restore whose server died while %s is INTERRUPTED by the next start',
  async (phase) => {
    const { app, engine, restoreId, instanceId } = await stopIn(phase);
    await using _first = app;
    expect(engine.stagedAt(URL).length).toBeGreaterThan(0);
    await using second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });

    const { status, failure } = await waitForRestoreEnd(second, restoreId);

    expect({ status, code: failure?.code }).toEqual({ status: 'FAILED', code: 'INTERRUPTED' });
    expect(failure?.message).toContain('the target is as it was');
    expect(engine.stagedAt(URL)).toEqual([]);
    expect(engine.restoreCalls.map(({ isCommitBegun }) => isCommitBegun)).toEqual([false, false]);
    expect(sizesOf(engine)).toEqual([3000, 3000]);
    expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
  },
);

test('a restore whose server died while it gave the databases their names is finished by the next start', async () => {
  const { app, engine, restoreId, instanceId } = await stopIn('SWAPPING');
  await using _first = app;
  expect(engine.stagedAt(URL)).toHaveLength(2);
  await using second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });

  const { status, progress } = await waitForRestoreEnd(second, restoreId);

  expect({ status, percent: progress.percent }).toEqual({ status: 'COMPLETED', percent: 100 });
  expect(sizesOf(engine)).toEqual([2000, 2000]);
  expect(engine.stagedAt(URL)).toEqual([]);
  expect(engine.restoreCalls.map(({ step }) => step)).toEqual(['commit', 'commit']);
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
});

test('a restore whose server died while it was being undone goes on being undone, and says why', async () => {
  const { app, engine, restoreId, instanceId } = await stopIn('UNDOING');
  await using _first = app;
  await sql(app, `UPDATE restores SET failure_code = 'TARGET_EXISTS', failure_message = 'There is one.'`);
  await using second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });

  const { status, failure } = await waitForRestoreEnd(second, restoreId);

  expect({ status, failure }).toMatchObject({
    status: 'FAILED',
    failure: { code: 'TARGET_EXISTS', message: 'There is one.' },
  });
  expect(engine.restoreCalls).toMatchObject([
    { step: 'abandon', isCommitBegun: true },
    { step: 'abandon', isCommitBegun: true },
  ]);
  expect(sizesOf(engine)).toEqual([3000, 3000]);
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
});

test.each([
  ['SWAPPING', 'commitFault'],
  ['UNDOING', 'abandonFault'],
] as const)(
  'a restore left while %s goes on RESTORING while its target is away, and is left after a day',
  async (phase, fault) => {
    const { app, engine, restoreId, instanceId } = await stopIn(phase);
    await using _first = app;
    await sql(app, `UPDATE restores SET failure_code = 'TARGET_EXISTS', failure_message = 'x' WHERE phase = 'UNDOING'`);
    engine[fault] = new EngineUnreachableError('it is down.');
    {
      await using second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });
      await expect.poll(() => engine.restoreCalls.length).toBeGreaterThan(0);
      await second.app.stop();
    }
    await sql(app, `UPDATE restores SET lease_expires_at = 0, started_at = started_at - 90000000`);
    await using third = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });

    const { status, failure } = await waitForRestoreEnd(third, restoreId);

    expect({ status, code: failure?.code }).toEqual({ status: 'FAILED', code: 'ENGINE_UNREACHABLE' });
    expect(failure?.message).toContain('alpha, beta');
    expect(await third.statusOf(instanceId)).toBe('ABNORMAL');
  },
);

test('a recovery that is held up lets requests in, and tells how the restore stands', async () => {
  const { app, engine, restoreId } = await stopIn('SWAPPING');
  await using _first = app;
  const hold = engine.holdCommits();
  await using second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });
  await hold.reached();

  const { status, progress } = await waitForRestore(second, restoreId, () => true);

  expect({ status, phase: progress.phase }).toEqual({ status: 'RUNNING', phase: 'SWAPPING' });
  hold.release();
  expect((await waitForRestoreEnd(second, restoreId)).status).toBe('COMPLETED');
});

test('a verification that was interrupted is made again after a restart', async () => {
  const engine = createEngine(2000);
  await using first = await TestApp.start({ env: { SHUTDOWN_GRACE: '100ms' }, overrides: { engines: [engine] } });
  const { id } = await first.takeBackup(await first.register('shop', URL), 'first');
  const hold = engine.holdRestores();
  await verifyBackup(first, id, 'RESTORE');
  await hold.reached();
  await first.app.stop();
  hold.release();

  await using second = await TestApp.start({ dir: first.dir, overrides: { engines: [engine] } });

  expect(await waitForVerification(second, id)).toMatchObject({ level: 'RESTORE', status: 'PASSED' });
});

describe.skipIf(!hasPostgres)('with two servers on one catalog', () => {
  interface Pair extends AsyncDisposable {
    readonly engine: FakeEngine;
    readonly first: TestApp;
    readonly restoreId: string;
    readonly instanceId: string;
    readonly hold: Hold;
    /** Starts the other server, to whom the first one has been silent for so long. */
    readonly startSecond: (aheadMs: number) => Promise<TestApp>;
  }

  async function holdFirst(holdOn: (engine: FakeEngine) => Hold): Promise<Pair> {
    const cluster = await Cluster.create();
    const stack = new Opened();
    stack.add(cluster);
    const engine = createEngine(2000);
    const first = stack.add(await TestApp.start({ env: cluster.env, overrides: { engines: [engine] } }));
    const instanceId = await first.register('shop', URL);
    const { id: backupId } = await first.takeBackup(instanceId, 'first');
    engine.databases = NAMES.map((name) => ({ name, sizeBytes: 3000, system: false }));
    const hold = holdOn(engine);
    const restoreId = await beginRestore(first, { backupId, targetInstanceId: instanceId, overwrite: true });
    await hold.reached(2);
    return {
      ...{ engine, first, restoreId, instanceId, hold },
      startSecond: async (aheadMs): Promise<TestApp> => {
        const clock = (): Date => new Date(Date.now() + aheadMs);
        const dir = stack.add(await TempDir.create());
        return stack.add(
          await TestApp.start({
            dir,
            env: cluster.env,
            overrides: { clock, engines: [engine] },
          }),
        );
      },
      [Symbol.asyncDispose]: () => stack.close(),
    };
  }

  test('one whose server is silent is ended by the other, and what the first one still loads is removed', async () => {
    await using pair = await holdFirst((engine) => engine.holdRestores());
    const { engine, restoreId, instanceId, hold, startSecond } = pair;
    const second = await startSecond(120_000);

    const { failure } = await waitForRestoreEnd(second, restoreId);
    hold.release();

    expect(failure?.code).toBe('INTERRUPTED');
    // The first one wakes up: it loads to the end, learns that it has lost the restore, and cleans up after itself.
    await expect.poll(() => engine.stagedAt(URL), { timeout: 20_000 }).toEqual([]);
    expect(sizesOf(engine)).toEqual([3000, 3000]);
    expect(engine.restoreCalls.filter(({ step }) => step === 'commit')).toEqual([]);
    expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
  });

  test('one whose server is there is left to it', async () => {
    await using pair = await holdFirst((engine) => engine.holdRestores());
    const { restoreId, hold, startSecond, engine } = pair;
    const second = await startSecond(0);

    const { status } = await waitForRestore(second, restoreId, () => true);
    hold.release();

    expect(status).toBe('RUNNING');
    expect((await waitForRestoreEnd(second, restoreId)).status).toBe('COMPLETED');
    expect(sizesOf(engine)).toEqual([2000, 2000]);
  });
});

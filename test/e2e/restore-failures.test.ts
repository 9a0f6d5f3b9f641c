import { rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RestoreFailedError } from '../../src/domain/failure.js';
import { InstanceRole } from '../../src/domain/instance.js';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { beginRestore, restore, waitForRestoreEnd } from '../support/backup-use.js';
import type { RestoreMessage } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const URL = 'fake://db1';
const NAMES = ['alpha', 'beta', 'gamma'];

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
  readonly backupId: string;
  /** Restores all three databases over those that are there. */
  readonly run: () => Promise<RestoreMessage>;
  readonly begin: () => Promise<string>;
  readonly contents: () => readonly string[];
}

/** Three databases that were backed up, and have changed since. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const engine = new FakeEngine();
  engine.databases = NAMES.map((name) => ({ name, sizeBytes: 2000, system: false }));
  const app = await TestApp.start({ env, overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', URL);
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  engine.databases = NAMES.map((name) => ({ name, sizeBytes: 3000, system: false }));
  const input = { backupId, targetInstanceId: instanceId, overwrite: true };
  return {
    ...{ app, engine, instanceId, backupId },
    run: () => restore(app, input),
    begin: () => beginRestore(app, input),
    contents: () => NAMES.map((name) => (engine.contentOf(URL, name).length === 2000 ? 'backed up' : 'as it was')),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

const AS_IT_WAS = ['as it was', 'as it was', 'as it was'];

/** Nothing was changed, nothing is left, and the target can be used: the same restore then goes well. */
async function expectGivenBack({ app, engine, instanceId, run, contents }: Lab): Promise<void> {
  expect(contents()).toEqual(AS_IT_WAS);
  expect(engine.stagedAt(URL)).toEqual([]);
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  engine.stageFault = null;
  engine.commitFault = null;
  expect(await run()).toMatchObject({ status: 'COMPLETED', failure: null });
  expect(contents()).toEqual(['backed up', 'backed up', 'backed up']);
}

test('a restore that breaks off while it loads changes nothing', async () => {
  await using lab = await start();
  lab.engine.stageFault = new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'The statement on line 7 failed.');

  const { status, failure, progress, completedAt } = await lab.run();

  expect({ status, failure }).toEqual({
    status: 'FAILED',
    failure: { code: 'RESTORE_FAILED', message: 'The statement on line 7 failed.' },
  });
  expect(progress.phase).toBe('DONE');
  expect(progress.percent).toBeLessThan(100);
  expect(completedAt).not.toBeNull();
  await expectGivenBack(lab);
});

test('an error that nobody knows is told as such, without its words', async () => {
  await using lab = await start();
  lab.engine.stageFault = new Error('hunter2');

  const { failure } = await lab.run();

  expect(failure).toEqual({
    code: 'RESTORE_FAILED',
    message: expect.stringContaining("The server's log has the details"),
  });
  await expectGivenBack(lab);
});

test('a database that cannot get its name keeps none of what follows, and the failure names what was restored', async () => {
  await using lab = await start();
  const { engine } = lab;
  const commit = engine.commitRestore.bind(engine);
  engine.commitRestore = (target) => {
    const { database } = target;
    const fault = new RestoreFailedError(RestoreFailureCode.TARGET_EXISTS, 'There is a database beta already.');
    return database === 'beta' ? Promise.reject(fault) : commit(target);
  };

  const { status, failure } = await lab.run();

  expect(status).toBe('FAILED');
  expect(failure).toEqual({
    code: 'TARGET_EXISTS',
    message: 'There is a database beta already. These were restored before it, and stay: alpha.',
  });
  expect(lab.contents()).toEqual(['backed up', 'as it was', 'as it was']);
  expect(engine.stagedAt(URL)).toEqual([]);
  expect(await lab.app.statusOf(lab.instanceId)).toBe('AVAILABLE');
});

test('what a failed restore could not remove is removed after the next start', async () => {
  await using lab = await start();
  const { app, engine } = lab;
  engine.stageFault = new Error('broken');
  engine.abandonFault = new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'Not now.');
  await lab.run();
  expect(engine.stagedAt(URL)).not.toEqual([]);
  expect(await app.statusOf(lab.instanceId)).toBe('AVAILABLE');
  engine.abandonFault = null;
  await app.app.stop();

  await using _second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });

  await expect.poll(() => engine.stagedAt(URL)).toEqual([]);
  expect(lab.contents()).toEqual(AS_IT_WAS);
});

test('a target that does not answer any more is ABNORMAL, and is cleaned once it does', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const gone = new EngineUnreachableError('the connection was refused.');
  engine.stageFault = gone;
  engine.abandonFault = gone;

  const { failure } = await lab.run();

  expect(failure).toEqual({
    code: 'ENGINE_UNREACHABLE',
    message: 'The instance cannot be used: the connection was refused.',
  });
  const { data } = await app.graphql('query ($id: ID!) { instance(id: $id) { status statusReason } }', {
    id: instanceId,
  });
  expect(data.instance).toEqual({
    status: 'ABNORMAL',
    statusReason: 'The instance cannot be used: the connection was refused.',
  });
  engine.abandonFault = null;
  await app.app.stop();
  await using _second = await TestApp.start({ dir: app.dir, overrides: { engines: [engine] } });
  await expect.poll(() => engine.stagedAt(URL)).toEqual([]);
});

test('a restore of which nothing moves is STALLED, and its target given back', async () => {
  await using lab = await start({ STALL_TIMEOUT: '1s' });
  const hold = lab.engine.holdRestores();

  const { failure } = await lab.run();

  expect(failure).toEqual({ code: 'STALLED', message: expect.stringContaining('Nothing has moved for 1 s') });
  hold.release();
  await expectGivenBack(lab);
});

test('a target that is no primary any more is left alone', async () => {
  await using lab = await start();
  lab.engine.role = InstanceRole.STANDBY;

  const { failure } = await lab.run();

  expect(failure).toEqual({ code: 'RESTORE_FAILED', message: expect.stringContaining('a STANDBY by now') });
  lab.engine.role = InstanceRole.PRIMARY;
  await expectGivenBack(lab);
});

test.each([
  ['a damaged file', 'CHECKSUM_MISMATCH', (folder: string) => writeFile(join(folder, 'gamma.bak.zst'), 'other bytes')],
  ['a file cut short', 'CHECKSUM_MISMATCH', (folder: string) => truncate(join(folder, 'gamma.bak.zst'), 9)],
  ['a missing file', 'STORAGE_UNAVAILABLE', (folder: string) => rm(join(folder, 'gamma.bak.zst'))],
  ['a damaged manifest', 'CHECKSUM_MISMATCH', (folder: string) => truncate(join(folder, 'manifest.json'), 300)],
  ['no manifest', 'STORAGE_UNAVAILABLE', (folder: string) => rm(join(folder, 'manifest.json'))],
  ['no store', 'STORAGE_UNAVAILABLE', (folder: string) => rename(join(folder, '..'), join(folder, '..', '..', 'gone'))],
])('%s ends a restore with %s before the engine has had a byte', async (_what, code, damage) => {
  await using lab = await start();
  await damage(join(lab.app.artifacts, 'default', lab.backupId));

  const { failure } = await lab.run();

  expect(failure?.code).toBe(code);
  expect(lab.engine.restoreCalls.filter(({ step }) => step !== 'abandon')).toEqual([]);
  expect(lab.contents()).toEqual(AS_IT_WAS);
  expect(await lab.app.statusOf(lab.instanceId)).toBe('AVAILABLE');
});

async function restoresOf(app: TestApp): Promise<readonly unknown[]> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  return await catalog.all('SELECT r.status, failure_code, i.status AS target FROM restores r, instances i');
}

test('a server that is stopped hands a restore back that loads, as INTERRUPTED', async () => {
  await using lab = await start({ SHUTDOWN_GRACE: '100ms' });
  const hold = lab.engine.holdRestores();
  await lab.begin();
  await hold.reached();

  await lab.app.app.stop();

  expect(await restoresOf(lab.app)).toEqual([{ status: 'FAILED', failure_code: 'INTERRUPTED', target: 'AVAILABLE' }]);
  expect(lab.contents()).toEqual(AS_IT_WAS);
  expect(lab.engine.stagedAt(URL)).toEqual([]);
});

test('a server that is stopped finishes a restore that has begun to give its databases their names', async () => {
  await using lab = await start({ SHUTDOWN_GRACE: '100ms' });
  const hold = lab.engine.holdCommits();
  await lab.begin();
  await hold.reached();

  const stopped = lab.app.app.stop();
  for (;;) if ((await fetch(`${lab.app.url}/readyz`)).status === 503) break;
  hold.release();
  await stopped;

  expect(await restoresOf(lab.app)).toEqual([{ status: 'COMPLETED', failure_code: null, target: 'AVAILABLE' }]);
  expect(lab.contents()).toEqual(['backed up', 'backed up', 'backed up']);
});

test('a restore that waits for its turn ends at once when the server is stopped', async () => {
  await using lab = await start({ MAX_CONCURRENT_BACKUPS: '1' });
  const { app, engine, backupId } = lab;
  const other = await app.register('other', 'fake://db2');
  const hold = engine.holdRestores();
  const running = await lab.begin();
  await hold.reached();
  await beginRestore(app, { backupId, targetInstanceId: other, overwrite: true });

  const stopped = app.app.stop();
  const first = waitForRestoreEnd(app, running);
  for (;;) if ((await fetch(`${app.url}/readyz`)).status === 503) break;
  hold.release();
  await Promise.allSettled([first]);
  await stopped;

  await using catalog = await SqliteFile.open(app.catalogFile);
  expect(await catalog.all('SELECT status, failure_code FROM restores ORDER BY started_at')).toEqual([
    { status: 'COMPLETED', failure_code: null },
    { status: 'FAILED', failure_code: 'INTERRUPTED' },
  ]);
  expect(engine.stagedAt('fake://db2')).toEqual([]);
});

import { expect, test } from 'vitest';
import { RestoreFailedError } from '../../src/domain/failure.js';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { beginRestore, verifyBackup } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { Gate } from '../support/gate.js';
import { TestApp } from '../support/test-app.js';

/*
 * What whoever follows everything is told, with nothing to ask in between: a live list shows no more than that.
 */

const BACKUPS = 'subscription { backupChanged { id status verification { level status } } }';
const RESTORES = 'subscription { restoreChanged { id status progress { phase } failure { code } } }';

type Messages = AsyncGenerator<Record<string, any>, void>;

/** The first message that is as wanted. */
async function next(messages: Messages, wanted: object): Promise<void> {
  for (;;) {
    const { value, done } = await messages.next();
    if (done === true) throw new Error('the subscription ended');
    const [record] = Object.values(value);
    if (expect.objectContaining(wanted).asymmetricMatch(record)) return;
  }
}

async function start(engine = new FakeEngine()): Promise<{ app: TestApp; instanceId: string }> {
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  return { app, instanceId: await app.register('shop', 'fake://db1') };
}

test.each([
  ['COMPLETED', {}],
  ['FAILED', { content: [] }],
])('a backup is told when it is created, and when it has %s', async (status, script) => {
  const engine = new FakeEngine();
  const { app, instanceId } = await start(engine);
  await using _app = app;
  const messages = await app.follow(BACKUPS);
  engine.script = () => script;
  const hold = engine.hold();

  const id = await app.beginBackup(instanceId, 'first');
  await next(messages, { id, status: 'BUILDING' });
  hold.release();
  await next(messages, { id, status });
});

test.each([
  ['PASSED', null],
  ['FAILED', new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'It breaks off.')],
  ['INCONCLUSIVE', new EngineUnreachableError('it is down.')],
])('a verification is told when it begins, and when it has %s', async (status, fault) => {
  const engine = new FakeEngine();
  const { app, instanceId } = await start(engine);
  await using _app = app;
  const { id } = await app.takeBackup(instanceId, 'first');
  const messages = await app.follow(BACKUPS);
  engine.proveFault = fault;
  const hold = engine.holdRestores();

  await verifyBackup(app, id, 'RESTORE');
  await next(messages, { id, verification: { level: 'RESTORE', status: 'RUNNING' } });
  hold.release();
  await next(messages, { id, verification: { level: 'RESTORE', status } });
});

test('a restore is told when it begins, and when it has COMPLETED', async () => {
  const engine = new FakeEngine();
  const { app, instanceId } = await start(engine);
  await using _app = app;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const messages = await app.follow(RESTORES);
  const hold = engine.holdRestores();

  const id = await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  await next(messages, { id, status: 'RUNNING' });
  hold.release();
  await next(messages, { id, status: 'COMPLETED', failure: null });
});

test('a restore that cannot be finished is told while it is taken back, and when it has FAILED', async () => {
  const engine = new FakeEngine();
  const { app, instanceId } = await start(engine);
  await using _app = app;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const messages = await app.follow(RESTORES);
  const isTold = new Gate();
  const abandon = engine.abandonRestore.bind(engine);
  engine.commitFault = new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'It has no name to get.');
  engine.abandonRestore = async (target) => {
    await isTold.opened;
    await abandon(target);
  };

  const id = await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  await next(messages, { id, status: 'RUNNING', progress: { phase: 'UNDOING' } });
  isTold.open();
  await next(messages, { id, status: 'FAILED', failure: { code: 'RESTORE_FAILED' } });
});

import { rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { Engine, InstanceRole } from '../../src/domain/instance.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import {
  beginRestore,
  codeOf,
  deleteInstance,
  deleteEach,
  restoreBackup,
  waitForRestoreEnd,
} from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';

let engine: FakeEngine;

async function start(): Promise<{ app: TestApp; instanceId: string; backupId: string }> {
  engine = new FakeEngine();
  engine.databases = [
    { name: 'main', sizeBytes: 1000, system: false },
    { name: 'more', sizeBytes: 1000, system: false },
    { name: 'master', sizeBytes: 1000, system: true },
  ];
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  return { app, instanceId, backupId };
}

/** What stays as it was, and is written down, whatever was refused. */
async function expectUntouched(app: TestApp, instanceId: string): Promise<void> {
  expect(engine.restoreCalls).toEqual([]);
  const { data } = await app.graphql('query ($id: ID!) { restores { totalCount } instance(id: $id) { status } }', {
    id: instanceId,
  });
  expect(data).toEqual({ restores: { totalCount: 0 }, instance: { status: 'AVAILABLE' } });
}

test('refuses to restore a backup, or to an instance, that is not there', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;

  const noBackup = await restoreBackup(app, { backupId: NO_ID, targetInstanceId: instanceId });
  const noInstance = await restoreBackup(app, { backupId, targetInstanceId: NO_ID });
  const nul = await restoreBackup(app, { backupId: 'a\0b', targetInstanceId: instanceId });

  expect(noBackup.errors?.[0]?.extensions).toEqual({ code: 'BACKUP_NOT_FOUND', retryable: false, backupId: NO_ID });
  expect(codeOf(noInstance)).toBe('INSTANCE_NOT_FOUND');
  expect(codeOf(nul)).toBe('BACKUP_NOT_FOUND');
  await expectUntouched(app, instanceId);
});

test('refuses to restore a backup that is not COMPLETED', async () => {
  const { app, instanceId } = await start();
  await using _app = app;
  const hold = engine.hold();
  const building = await app.beginBackup(instanceId, 'building');
  const other = await app.register('other', 'fake://db2');
  const refusals = [await restoreBackup(app, { backupId: building, targetInstanceId: other })];
  engine.script = () => ({ content: [] });
  hold.release();
  await app.waitForEnd(building);
  const { id: failed } = await app.takeBackup(instanceId, 'failed');
  refusals.push(await restoreBackup(app, { backupId: failed, targetInstanceId: other }));

  for (const [index, status] of ['BUILDING', 'FAILED'].entries()) {
    expect(codeOf(refusals[index] ?? {})).toBe('BACKUP_NOT_RESTORABLE');
    expect(refusals[index]?.errors?.[0]?.message).toContain(`this one is ${status}`);
  }
  await expectUntouched(app, other);
});

test('refuses to restore to an instance of another product, or of an older version', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  engine.engineVersion = '14.9';
  const older = await app.register('older', 'fake://old');
  engine.product = Engine.MYSQL;
  const other = await app.register('other', 'fake://other');

  const tooOld = await restoreBackup(app, { backupId, targetInstanceId: older });
  const another = await restoreBackup(app, { backupId, targetInstanceId: other });

  expect(tooOld.errors?.[0]?.extensions).toEqual({
    code: 'BACKUP_NOT_RESTORABLE',
    retryable: false,
    backupId,
    reason: expect.stringContaining('version 15.0, and the target instance is of 14.9'),
  });
  expect(another.errors?.[0]?.extensions.reason).toContain('it was taken of SQLSERVER');
  await expectUntouched(app, instanceId);
});

test('refuses to restore to an instance that is no primary', async () => {
  const { app, backupId } = await start();
  await using _app = app;
  engine.role = InstanceRole.STANDBY;
  const standby = await app.register('standby', 'fake://standby');

  const { errors } = await restoreBackup(app, { backupId, targetInstanceId: standby });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_NOT_PRIMARY', role: 'STANDBY' });
  expect(errors?.[0]?.message).toContain('restored to a primary');
});

test('refuses to restore databases that the backup does not hold, and system parts', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  const ask = (databases: readonly { name: string; restoreAs?: string }[]): ReturnType<typeof restoreBackup> =>
    restoreBackup(app, { backupId, targetInstanceId: instanceId, databases });

  const missing = await ask([{ name: 'main', restoreAs: 'new' }, { name: 'none' }]);
  const system = await ask([{ name: 'master', restoreAs: 'new' }]);
  const twice = await ask([
    { name: 'main', restoreAs: 'new' },
    { name: 'more', restoreAs: 'new' },
  ]);
  const many = await ask(Array.from({ length: 1001 }, (_, index) => ({ name: `d${index.toString()}` })));

  expect(missing.errors?.[0]?.extensions).toMatchObject({ code: 'DATABASE_NOT_FOUND', databases: ['none'] });
  expect(missing.errors?.[0]?.message).toContain('The backup holds no database');
  expect(system.errors?.[0]?.extensions.fields).toEqual([
    { path: 'databases', rule: 'userDatabases', message: expect.stringContaining('master') },
  ]);
  expect(twice.errors?.[0]?.extensions.fields).toMatchObject([{ path: 'databases', rule: 'distinctTargets' }]);
  expect(codeOf(many)).toBe('BAD_USER_INPUT');
  await expectUntouched(app, instanceId);
});

test('refuses to restore under a name that the product does not take, or without its programs', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  const databases = [{ name: 'main', restoreAs: 'new' }];
  engine.nameFault = 'That is no name.';
  const badName = await restoreBackup(app, { backupId, targetInstanceId: instanceId, databases });
  engine.nameFault = null;
  engine.toolFault = new DomainError('CLIENT_TOOL_MISSING', { needed: 'fake', found: [], advice: 'Install it.' });
  const noTool = await restoreBackup(app, { backupId, targetInstanceId: instanceId, databases });

  expect(badName.errors?.[0]?.extensions.fields).toEqual([
    { path: 'databases.0.restoreAs', rule: 'databaseName', message: 'That is no name.' },
  ]);
  expect(codeOf(noTool)).toBe('CLIENT_TOOL_MISSING');
  await expectUntouched(app, instanceId);
});

test('refuses to restore to an instance that does not answer when it is asked what it has', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  engine.fault = new EngineUnreachableError('it is down.');

  const { errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_UNREACHABLE', retryable: true });
  engine.fault = null;
  await expectUntouched(app, instanceId);
});

test.each([
  ['a folder', ['shop'], 'main.db'],
  ['a file', 'shop', 'another.db'],
] as const)('refuses to restore to an instance that was %s and is gone', async (_, databases, restoreAs) => {
  await using app = await TestApp.start();
  const instanceId =
    databases === 'shop' ? await app.registerSample(databases) : await app.registerFolder('folder', databases);
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  await rename(app.dir.join(databases === 'shop' ? 'shop.db' : 'folder'), app.dir.join('elsewhere'));

  const { errors } = await restoreBackup(app, {
    backupId,
    targetInstanceId: instanceId,
    databases: [{ name: 'shop.db', restoreAs }],
    overwrite: true,
  });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_UNREACHABLE', retryable: true });
  expect((await app.graphql('{ restores { totalCount } }')).data).toEqual({ restores: { totalCount: 0 } });
});

test('refuses every other operation, and a second restore, while it restores', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  const hold = engine.holdRestores();
  const restoreId = await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  await hold.reached();

  const again = await restoreBackup(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  const backup = await app.createBackup(instanceId, 'second');
  const update = await app.updateInstance(instanceId, { name: 'renamed' });
  const removal = await deleteInstance(app, instanceId);
  const [deletion] = await deleteEach(app, [backupId]);
  const { data } = await app.graphql(
    `query ($id: ID!) { instance(id: $id) { status statusReason activeBackup { id }
      activeRestore { id backup { id } targetInstance { id } } } }`,
    { id: instanceId },
  );

  for (const { errors } of [again, backup, update, removal]) {
    expect(errors?.[0]?.extensions).toEqual({
      code: 'INSTANCE_NOT_AVAILABLE',
      retryable: true,
      instanceId,
      status: 'RESTORING',
      operation: expect.any(String),
    });
  }
  expect(deletion?.error).toEqual({
    code: 'BACKUP_NOT_DELETABLE',
    retryable: true,
    message: expect.stringContaining('it is being restored'),
  });
  expect(data.instance).toEqual({
    status: 'RESTORING',
    statusReason: 'Backup first is being restored.',
    activeBackup: null,
    activeRestore: { id: restoreId, backup: { id: backupId }, targetInstance: { id: instanceId } },
  });
  hold.release();
  expect(await waitForRestoreEnd(app, restoreId)).toMatchObject({ status: 'COMPLETED' });
});

test('refuses to restore to an instance that is being backed up', async () => {
  const { app, instanceId, backupId } = await start();
  await using _app = app;
  const hold = engine.hold();
  const active = await app.beginBackup(instanceId, 'second');

  const { errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId, overwrite: true });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_IN_PROGRESS', backupId: active });
  expect(errors?.[0]?.message).toContain('cannot be restored to while it is being backed up');
  hold.release();
  await app.waitForEnd(active);
});

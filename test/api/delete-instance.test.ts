import { expect, test } from 'vitest';
import { beginRestore, codeOf, deleteInstance, restoreBackup, waitUntilGone } from '../support/backup-use.js';
import { REGISTERED, take } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
}

async function start(): Promise<Lab> {
  const engine = new FakeEngine();
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  return { app, engine, instanceId, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

async function makeAutomated(app: TestApp, ids: readonly string[]): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  const list = ids.map((id) => `'${id}'`).join(', ');
  await catalog.exec(`PRAGMA busy_timeout = 5000; UPDATE backups SET type = 'AUTOMATED' WHERE id IN (${list})`);
}

test('deletes the automated backups of an instance with it, and keeps its manual ones', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const manual = [await app.takeBackup(instanceId, 'manual-1'), await app.takeBackup(instanceId, 'manual-2')];
  const automated = [await app.takeBackup(instanceId, 'auto-1'), await app.takeBackup(instanceId, 'auto-2')];
  engine.script = () => ({ content: [] });
  automated.push(await app.takeBackup(instanceId, 'auto-failed'));
  const ids = automated.map(({ id }) => id);
  await makeAutomated(app, ids);

  const { data, errors } = await deleteInstance(app, instanceId);

  expect(errors).toBeUndefined();
  expect(data.deleteInstance).toEqual({
    deletedInstanceId: instanceId,
    deletedAutomatedBackups: 3,
    retainedManualBackups: 2,
  });
  for (const id of ids) await waitUntilGone(app, id);
  const left = await app.graphql(
    `query ($id: ID!) {
      instance(id: $id) { id } instances { totalCount }
      backups(filter: { instanceId: $id }) { totalCount nodes { id instance { id } instanceId instanceName status } }
    }`,
    { id: instanceId },
  );
  expect(left.errors).toBeUndefined();
  expect(left.data).toEqual({
    instance: null,
    instances: { totalCount: 0 },
    backups: {
      totalCount: 2,
      nodes: manual
        .map(({ id }) => ({ id, instance: null, instanceId, instanceName: 'shop', status: 'COMPLETED' }))
        .reverse(),
    },
  });
  expect((await listFiles(app.artifacts)).filter((path) => path.endsWith('manifest.json'))).toHaveLength(2);
});

test('frees the name of a deleted instance, whose backups can be restored to the next', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  await deleteInstance(app, instanceId);

  const next = await app.register('shop', 'fake://db2');
  const { errors } = await restoreBackup(app, { backupId, targetInstanceId: next, overwrite: true });

  expect(errors).toBeUndefined();
  expect(next).not.toBe(instanceId);
  expect(codeOf(await app.createBackup(next, 'first'))).toMatch(/BACKUP_NAME_TAKEN|INSTANCE_NOT_AVAILABLE/);
});

test('refuses while the instance is backed up or restored to, and changes nothing', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  await makeAutomated(app, [backupId]);
  const hold = engine.hold();
  const active = await app.beginBackup(instanceId, 'second');

  const whileBackedUp = await deleteInstance(app, instanceId);
  hold.release();
  await app.waitForEnd(active);
  const restoring = engine.holdRestores();
  await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  await restoring.reached();
  const whileRestored = await deleteInstance(app, instanceId);

  expect(whileBackedUp.errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_IN_PROGRESS', backupId: active });
  expect(whileRestored.errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_NOT_AVAILABLE', status: 'RESTORING' });
  const { data } = await app.graphql('{ backups(filter: { status: COMPLETED }) { totalCount } }');
  expect(data.backups.totalCount).toBe(2);
  restoring.release();
});

test('refuses while an automated backup of it is restored elsewhere, and changes nothing', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const { id: other } = await app.takeBackup(instanceId, 'second');
  await makeAutomated(app, [backupId, other]);
  const target = await app.register('target', 'fake://db2');
  const hold = engine.holdRestores();
  await beginRestore(app, { backupId, targetInstanceId: target, overwrite: true });
  await hold.reached();

  const { errors } = await deleteInstance(app, instanceId);

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_NOT_DELETABLE', obstacle: 'BEING_RESTORED', backupId });
  const { data } = await app.graphql(
    '{ backups(filter: { status: COMPLETED }) { totalCount } instances { totalCount } }',
  );
  expect(data).toEqual({ backups: { totalCount: 2 }, instances: { totalCount: 2 } });
  hold.release();
});

test('does not know an instance that is not there, or was deleted', async () => {
  await using lab = await start();

  const answers = await Promise.all(Array.from({ length: 20 }, () => deleteInstance(lab.app, lab.instanceId)));
  const nul = await deleteInstance(lab.app, 'a\0b');

  const codes = [...answers, nul].map(codeOf);
  expect(codes.filter((code) => code === 'ACCEPTED')).toHaveLength(1);
  expect(codes.filter((code) => code === 'INSTANCE_NOT_FOUND')).toHaveLength(20);
});

test('subscribers to all changes go on when an instance is deleted, also from an old cursor', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  await app.takeBackup(instanceId, 'first');
  const [, last] = await take(app.statusChanges({ after: REGISTERED }), 2);
  const changes = app.statusChanges({ after: last?.id ?? '0' });
  const next = changes.next();
  await deleteInstance(app, instanceId);
  const other = await app.register('other', 'fake://db2');

  await app.beginBackup(other, 'second');

  expect((await next).value).toMatchObject({ status: 'AVAILABLE', instance: { id: other } });
  expect((await changes.next()).value).toMatchObject({ status: 'BACKING_UP', instance: { id: other } });
  await changes.return();
  const [replayed] = await take(app.statusChanges({ after: '0' }), 1);
  expect(replayed?.instance.id).toBe(other);
});

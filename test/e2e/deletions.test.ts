import { expect, test } from 'vitest';
import { ask, take } from '../support/api-client.js';
import { deleteInstance, deleteOne, watchDeletions } from '../support/backup-use.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { hasPostgres } from '../support/services.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const STATES = '{ instances { nodes { id } } backups { nodes { id status } } }';

test('a backup is told to be deleted once it is gone, and not while its files are being removed', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const [first, kept] = [await app.takeBackup(instanceId, 'first'), await app.takeBackup(instanceId, 'kept')];
  const deletions = await watchDeletions(app);

  expect(await deleteOne(app, first.id)).toBe('ACCEPTED');

  expect((await deletions.next()).value).toEqual({ kind: 'BACKUP', id: first.id });
  expect((await app.graphql(STATES)).data.backups.nodes).toEqual([{ id: kept.id, status: 'COMPLETED' }]);
});

test('an instance is told to be deleted, then each backup that goes with it, and none that stays', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const manual = await app.takeBackup(instanceId, 'manual');
  const automated = [await app.takeBackup(instanceId, 'auto-1'), await app.takeBackup(instanceId, 'auto-2')];
  {
    await using catalog = await SqliteFile.open(app.catalogFile);
    await catalog.exec(`UPDATE backups SET type = 'AUTOMATED' WHERE name LIKE 'auto-%'`);
  }
  const deletions = await watchDeletions(app);

  await deleteInstance(app, instanceId);
  const [first, ...others] = await take(deletions, 3);

  expect(first).toEqual({ kind: 'INSTANCE', id: instanceId });
  expect(new Set(others)).toEqual(new Set(automated.map(({ id }) => ({ kind: 'BACKUP', id }))));
  expect((await app.graphql(STATES)).data).toEqual({
    instances: { nodes: [] },
    backups: { nodes: [{ id: manual.id, status: 'COMPLETED' }] },
  });
});

test('whoever subscribes, and then reads on the same socket, hears when anything that was read goes', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  for (let round = 0; round < 20; round += 1) {
    const client = app.webSocketClient();
    const first = await app.register('first', 'fake://db1');
    const last = await app.register('last', 'fake://db2');

    const deletions = client.iterate({ query: 'subscription { recordDeleted { id } }' });
    const [{ data }] = await Promise.all([ask(client, STATES), deleteInstance(app, first)]);
    await deleteInstance(app, last);

    const heard: string[] = [];
    for await (const { data: deletion } of deletions) {
      heard.push((deletion?.recordDeleted as { id: string }).id);
      if (heard.includes(last)) break;
    }
    const read = (data?.instances.nodes as { id: string }[]).map(({ id }) => id);
    expect(heard).toEqual(expect.arrayContaining(read));
  }
});

test.skipIf(!hasPostgres)('a subscriber of one server hears what another deletes', async () => {
  await using cluster = await Cluster.create();
  const overrides = { engines: [new FakeEngine()] };
  await using first = await TestApp.start({ env: cluster.env, overrides });
  await using second = await TestApp.start({ env: cluster.env, overrides });
  const instanceId = await first.register('shop', 'fake://db1');
  const backup = await first.takeBackup(instanceId, 'first');
  const deletions = await watchDeletions(second);

  await deleteOne(first, backup.id);
  expect((await deletions.next()).value).toEqual({ kind: 'BACKUP', id: backup.id });

  await deleteInstance(first, instanceId);
  expect((await deletions.next()).value).toEqual({ kind: 'INSTANCE', id: instanceId });
});

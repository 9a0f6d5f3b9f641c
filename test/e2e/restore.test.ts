import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { take } from '../support/api-client.js';
import { beginRestore, codeOf, restore, restoreChanges, verify, waitForRestoreEnd } from '../support/backup-use.js';
import type { RestoreMessage } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { canMount, Mount } from '../support/mounts.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

test('shows the instance RESTORING while it lasts, and AVAILABLE again, each with its event', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample();
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const changes = app.statusChanges({ instanceId });
  const first = (await changes.next()).value;
  expect(first).toMatchObject({ status: 'AVAILABLE', previousStatus: null });
  const following = take(changes, 2);

  await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });

  expect(await following).toMatchObject([
    {
      previousStatus: 'AVAILABLE',
      status: 'RESTORING',
      reason: 'Backup first is being restored.',
      backup: { id: backupId, status: 'COMPLETED' },
    },
    { previousStatus: 'RESTORING', status: 'AVAILABLE', reason: 'Backup first is restored.', backup: { id: backupId } },
  ]);
  const cursor = first?.id ?? '';
  const replayed = await take(app.statusChanges({ instanceId, after: cursor }), 2);
  expect(replayed.map(({ status }) => status)).toEqual(['RESTORING', 'AVAILABLE']);
});

async function startHeld(): Promise<{ app: TestApp; engine: FakeEngine; instanceId: string; backupId: string }> {
  const engine = new FakeEngine();
  engine.databases = ['alpha', 'beta'].map((name) => ({ name, sizeBytes: 200_000, system: false }));
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  return { app, engine, instanceId, backupId };
}

test('tells the state now to whoever asks for one restore, then every step in order, never falling', async () => {
  const { app, engine, instanceId, backupId } = await startHeld();
  await using _app = app;
  const [loading, swapping] = [engine.holdRestores(), engine.holdCommits()];
  const restoreId = await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  await loading.reached(2);
  const seen: RestoreMessage[] = [];
  const collected = (async (): Promise<void> => {
    for await (const each of restoreChanges(app, { restoreId })) {
      seen.push(each);
      if (seen.length === 1) loading.release();
      if (each.progress.phase === 'SWAPPING') swapping.release();
      if (each.status !== 'RUNNING') break;
    }
  })();
  await collected;

  expect(seen[0]).toMatchObject({ id: restoreId, status: 'RUNNING', progress: { bytesTotal: 400_000 } });
  expect(seen.at(-2)?.progress).toMatchObject({ phase: 'SWAPPING', bytesDone: 400_000, percent: 99 });
  expect(seen.at(-1)).toMatchObject({ status: 'COMPLETED', progress: { phase: 'DONE', percent: 100 } });
  const done = seen.map(({ progress }) => progress.bytesDone);
  expect(done).toEqual([...done].sort((a, b) => a - b));
});

test('tells a subscriber that comes back after the end how it ended', async () => {
  const { app, instanceId, backupId } = await startHeld();
  await using _app = app;
  const { id: restoreId } = await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });

  const [state] = await take(restoreChanges(app, { restoreId }), 1);

  expect(state).toMatchObject({ status: 'COMPLETED', progress: { percent: 100 } });
});

test('tells of the restores to one instance only, and refuses what is not there', async () => {
  const { app, instanceId, backupId } = await startHeld();
  await using _app = app;
  const other = await app.register('other', 'fake://db2');
  const changes = restoreChanges(app, { instanceId: other });
  const next = changes.next();
  await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
  const second = await beginRestore(app, { backupId, targetInstanceId: other, overwrite: true });

  expect((await next).value).toMatchObject({ id: second });
  await changes.return();
  await waitForRestoreEnd(app, second);
  const query = 'subscription ($i: ID, $r: ID) { restoreChanged(instanceId: $i, restoreId: $r) { id } }';
  expect(codeOf(await app.graphqlOverWebSocket(query, { r: 'none' }))).toBe('RESTORE_NOT_FOUND');
  expect(codeOf(await app.graphqlOverWebSocket(query, { i: 'none' }))).toBe('INSTANCE_NOT_FOUND');
});

test.skipIf(!canMount)('leaves a target without room for it as it was, and says that its disk is full', async () => {
  await using disk = await Mount.tmpfs('600k');
  await using app = await TestApp.start();
  const { id: backupId } = await app.takeBackup(await app.registerSample('large', { sizeBytes: 1_000_000 }), 'first');
  await createSampleDatabase(join(disk.path, 'small.db'), { sizeBytes: 20_000 });
  const targetInstanceId = await app.register('small', `sqlite:${disk.path}`);

  const { failure } = await restore(app, { backupId, targetInstanceId });

  expect(failure?.code).toBe('STORAGE_FULL');
  expect(await readdir(disk.path)).toEqual(['small.db']);
  expect(await app.statusOf(targetInstanceId)).toBe('AVAILABLE');
});

describe.skipIf(!hasPostgresPrograms)('of PostgreSQL', () => {
  test('gives a database back as it was, and proves a backup on the scratch server', { timeout: 120_000 }, async () => {
    await using server = await PostgresServer.start();
    await server.createDatabase('shop');
    await server.sql(
      'CREATE TABLE items AS SELECT i AS id, md5(i::text) AS name FROM generate_series(1, 500) i',
      'shop',
    );
    await using app = await TestApp.start({ env: { VERIFY_POSTGRES_URL: server.url() } });
    const instanceId = await app.register('shop', server.url());
    const { id: backupId } = await app.takeBackup(instanceId, 'first', { databases: ['shop'] });
    const rows = (): Promise<unknown> =>
      server.sql('SELECT count(*)::int, md5(string_agg(name, id::text)) FROM items', 'shop');
    const before = await rows();
    await server.sql('DELETE FROM items WHERE id > 3; CREATE TABLE later ()', 'shop');

    const ended = await restore(app, {
      ...{ backupId, targetInstanceId: instanceId, overwrite: true },
      databases: [{ name: 'shop' }],
    });

    expect(ended).toMatchObject({ status: 'COMPLETED', failure: null });
    expect(await rows()).toEqual(before);
    expect(await server.sql("SELECT to_regclass('later') AS later", 'shop')).toEqual([{ later: null }]);
    await app.graphql('mutation ($id: ID!) { deleteInstance(input: { instanceId: $id }) { deletedInstanceId } }', {
      id: instanceId,
    });
    const proof = await verify(app, backupId, 'RESTORE');
    expect(proof).toMatchObject({ status: 'PASSED' });
    expect(proof.details).toContain('500 rows, all as recorded');
    const names = await server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'rds%'");
    expect(names).toEqual([]);
  });
});

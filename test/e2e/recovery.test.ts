import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { take } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { listFiles, verifyByHand } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

interface Stopped {
  readonly app: TestApp;
  readonly instanceId: string;
  readonly backupId: string;
  readonly folder: string;
}

/**
 * A stopped server whose catalog was set back to the moment between a backup's manifest and its last transaction:
 * the manifest is there, the backup still BUILDING, its instance BACKING_UP.
 */
async function stopBeforeCommit(): Promise<Stopped> {
  const app = await TestApp.start();
  const instanceId = await app.registerSample('shop');
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  await app.app.stop();
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`
    BEGIN;
    UPDATE backups SET status = 'BUILDING', phase = 'VERIFYING', size_bytes = NULL, stored_bytes = NULL,
      completed_at = NULL, verified_at = NULL;
    UPDATE backup_databases SET path = NULL, format = NULL, compression = NULL, original_bytes = NULL,
      stored_bytes = NULL, sha256 = NULL;
    UPDATE instances SET status = 'BACKING_UP', status_reason = 'Backup first is being created.';
    DELETE FROM status_changes WHERE status = 'AVAILABLE';
    COMMIT`);
  return { app, instanceId, backupId, folder: join(app.artifacts, 'default', backupId) };
}

test('I5: a backup whose manifest was written is completed after a crash', async () => {
  const { app, instanceId, backupId } = await stopBeforeCommit();
  await using _first = app;
  await using second = await TestApp.start({ dir: app.dir });

  const backup = await second.waitForEnd(backupId);

  expect(backup.status).toBe('COMPLETED');
  expect(backup.sizeBytes).toBeGreaterThan(0);
  expect(backup.databases[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
  await verifyByHand(second.artifacts, backupId, second.dir.path);
  const changes = await take(second.statusChanges({ after: '0' }), 2);
  expect(changes.map(({ status }) => status)).toEqual(['BACKING_UP', 'AVAILABLE']);
});

test('I5: a backup whose failure was decided before the crash is failed, manifest or not', async () => {
  const { app, backupId } = await stopBeforeCommit();
  await using _first = app;
  {
    await using catalog = await SqliteFile.open(app.catalogFile);
    await catalog.exec('UPDATE backups SET is_condemned = TRUE');
  }
  await using second = await TestApp.start({ dir: app.dir });

  expect((await second.waitForEnd(backupId)).failure?.code).toBe('INTERRUPTED');
  expect(await listFiles(second.artifacts)).toEqual([]);
});

test.each([
  ['manifest and all', () => Promise.resolve()],
  ['without a manifest', (folder: string) => rm(join(folder, 'manifest.json'))],
])('I5: a backup that was cancelled before the crash is CANCELLED, %s', async (_what, damage) => {
  const { app, instanceId, backupId, folder } = await stopBeforeCommit();
  await using _first = app;
  await damage(folder);
  {
    await using catalog = await SqliteFile.open(app.catalogFile);
    await catalog.exec('UPDATE backups SET is_condemned = TRUE, is_cancelled = TRUE');
  }
  await using second = await TestApp.start({ dir: app.dir });

  const { status, failure } = await second.waitForEnd(backupId);

  expect([status, failure?.code]).toEqual(['FAILED', 'CANCELLED']);
  expect(await listFiles(second.artifacts)).toEqual([]);
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
  expect((await second.cancelBackup(backupId)).data.cancelBackup.backup.failure.code).toBe('CANCELLED');
  expect((await second.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test.each([
  ['has no manifest', (folder: string) => rm(join(folder, 'manifest.json'))],
  ['has half a manifest', (folder: string) => truncate(join(folder, 'manifest.json'), 100)],
  [
    "has another backup's manifest",
    (folder: string) => writeFile(join(folder, 'manifest.json'), '{"formatVersion":1}'),
  ],
  ['lacks an artifact', (folder: string) => rm(join(folder, 'shop.db.sqlite.zst'))],
  ['has an artifact cut short', (folder: string) => truncate(join(folder, 'shop.db.sqlite.zst'), 10)],
  ['has no folder', (folder: string) => rm(folder, { recursive: true })],
])('I5: a backup that %s after a crash is failed, and nothing of it is left', async (_what, damage) => {
  const { app, instanceId, backupId, folder } = await stopBeforeCommit();
  await using _first = app;
  await damage(folder);
  await using second = await TestApp.start({ dir: app.dir });

  const { failure } = await second.waitForEnd(backupId);

  expect(failure?.code).toBe('INTERRUPTED');
  expect(await listFiles(second.artifacts)).toEqual([]);
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
  expect((await second.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('I6: a backup that has ended stays as it ended, whatever a restart finds', async () => {
  const engine = new FakeEngine();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await first.register('shop', 'fake://db1');
  await first.takeBackup(instanceId, 'completed');
  engine.script = () => ({ content: [] });
  await first.takeBackup(instanceId, 'failed');
  const query = '{ backups { nodes { id status completedAt verifiedAt sizeBytes failure { code occurredAt } } } }';
  const before = await first.graphql(query);
  await first.app.stop();
  const files = await listFiles(first.artifacts);

  await using second = await TestApp.start({ dir: first.dir, overrides: { engines: [engine] } });

  expect(await second.graphql(query)).toEqual(before);
  expect(await listFiles(second.artifacts)).toEqual(files);
});

test.each([
  ["status = 'COMPLETED'", 'without an end'],
  ["status = 'FAILED'", 'without a failure'],
  ["status = 'GONE'", 'of no known name'],
])('I6: the catalog itself refuses %s %s', async (change) => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  await app.beginBackup(await app.register('shop', 'fake://db1'), 'first');
  await using catalog = await SqliteFile.open(app.catalogFile);

  await expect(catalog.exec(`PRAGMA busy_timeout = 5000; UPDATE backups SET ${change}`)).rejects.toThrow(
    'CHECK constraint',
  );
  hold.release();
});

test('what an interrupted dump had staged is gone after a restart', async () => {
  await using first = await TestApp.start();
  await first.app.stop();
  await writeFile(join(first.dataDir, '.rds-backup-scratch', 'copy.sqlite'), 'half a copy');

  await using second = await TestApp.start({ dir: first.dir });

  expect(await listFiles(join(second.dataDir, '.rds-backup-scratch'))).toEqual([]);
});

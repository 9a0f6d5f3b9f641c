import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { KILLS } from '../support/kills.js';
import { ServerProcess } from '../support/server-process.js';
import { SqliteFile } from '../support/sqlite.js';
import { listBackupFolders, listFiles, readManifest, verifyByHand } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';

/** Some seconds to copy, compress and store. */
const SIZE_BYTES = 25_000_000;

interface BackupRow {
  readonly id: string;
  readonly status: string;
  readonly failure_code: string | null;
}

/** I5, of a catalog and a store whose server is up again, or was stopped after that. */
async function expectConsistent(dir: TempDir): Promise<readonly BackupRow[]> {
  await using catalog = await SqliteFile.open(dir.join('data', 'catalog.sqlite'));
  const backups = await catalog.all<BackupRow>('SELECT id, status, failure_code FROM backups ORDER BY started_at');
  const instances = await catalog.all<{ status: string }>('SELECT status FROM instances');
  const store = dir.join('data', 'artifacts');

  expect(backups.filter(({ status }) => status === 'BUILDING')).toEqual([]);
  expect(instances.map(({ status }) => status)).toEqual(['AVAILABLE']);
  expect((await listFiles(store)).filter((file) => file.endsWith('.part'))).toEqual([]);
  expect(await listFiles(dir.join('data', '.rds-backup-scratch'))).toEqual([]);
  const completed = backups.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id);
  expect([...(await listBackupFolders(store))].sort()).toEqual([...completed].sort());
  for (const id of completed) expect((await readManifest(store, id)).artifacts).toHaveLength(1);
  return backups;
}

/** Every change follows on the one before it: none is lost, none comes twice. */
async function expectUnbrokenLog(dir: TempDir): Promise<void> {
  await using catalog = await SqliteFile.open(dir.join('data', 'catalog.sqlite'));
  const changes = await catalog.all<{ previous_status: string; status: string; backup_id: string | null }>(
    'SELECT previous_status, status, backup_id FROM status_changes ORDER BY id',
  );
  const backups = await catalog.all<{ id: string }>('SELECT id FROM backups ORDER BY started_at');
  expect(changes).toEqual([
    { previous_status: 'AVAILABLE', status: 'AVAILABLE', backup_id: null },
    ...backups.flatMap(({ id }) => [
      { previous_status: 'AVAILABLE', status: 'BACKING_UP', backup_id: id },
      { previous_status: 'BACKING_UP', status: 'AVAILABLE', backup_id: id },
    ]),
  ]);
}

test('I5: a server killed at any moment of a backup leaves nothing broken', { timeout: 180_000 }, async () => {
  await using dir = await TempDir.create();
  let server = await ServerProcess.start(dir);
  try {
    const instanceId = await server.registerSample('shop', { sizeBytes: SIZE_BYTES });
    const begun = Date.now();
    await server.takeBackup(instanceId, 'whole');
    const durationMs = Date.now() - begun;

    for (let kill = 0; kill < KILLS; kill += 1) {
      await server.beginBackup(instanceId, `killed-${kill.toString()}`);
      // The moment is what the test varies: one in each equal part of a backup's time.
      await delay(((kill + Math.random()) / KILLS) * durationMs);
      await server.kill('SIGKILL');
      server = await ServerProcess.start(dir);
      const backups = await expectConsistent(dir);
      expect(backups).toHaveLength(kill + 2);
      expect(await server.statusOf(instanceId)).toBe('AVAILABLE');
    }
    await server.takeBackup(instanceId, 'after');
    expect(await server.kill('SIGTERM')).toMatchObject({ code: 0 });

    const backups = await expectConsistent(dir);
    for (const { id, status, failure_code } of backups) {
      if (status === 'COMPLETED') await verifyByHand(dir.join('data', 'artifacts'), id, dir.path);
      else expect(failure_code).toBe('INTERRUPTED');
    }
    expect(backups[0]?.status).toBe('COMPLETED');
    expect(backups.at(-1)?.status).toBe('COMPLETED');
    await expectUnbrokenLog(dir);
  } finally {
    await server[Symbol.asyncDispose]();
  }
});

test('I5: a server killed while a copy waits for its database leaves no scratch copy', async () => {
  await using dir = await TempDir.create();
  await using first = await ServerProcess.start(dir);
  const instanceId = await first.registerSample('shop');
  await using source = await SqliteFile.open(dir.join('shop.db'));
  await source.exec('BEGIN EXCLUSIVE');
  const backupId = await first.beginBackup(instanceId, 'killed');
  await first.waitForBackup(backupId, ({ progress }) => progress.phase === 'COPYING');
  expect(await readdir(dir.join('data', '.rds-backup-scratch'))).toHaveLength(1);
  await first.kill('SIGKILL');
  await source.exec('ROLLBACK');

  await using second = await ServerProcess.start(dir);

  const { failure } = await second.waitForEnd(backupId);
  expect(failure).toEqual({ code: 'INTERRUPTED', message: expect.stringContaining('Take it again') });
  await expectConsistent(dir);
  expect((await second.takeBackup(instanceId, 'killed')).status).toBe('COMPLETED');
  expect(await readdir(join(dir.path, 'data', '.rds-backup-scratch'))).toEqual([]);
});

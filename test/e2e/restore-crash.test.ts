import { mkdir, readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { beginRestore, restore, waitForRestoreEnd } from '../support/backup-use.js';
import { KILLS } from '../support/kills.js';
import { ServerProcess } from '../support/server-process.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { contentOf } from '../support/sqlite-restores.js';
import { TempDir } from '../support/temp-dir.js';

const SIZE_BYTES = 20_000_000;

/** Rewrites a row, so that the database is no longer what was backed up. */
async function change(path: string, round: number): Promise<string> {
  {
    await using file = await SqliteFile.open(path);
    await file.exec(`UPDATE items SET content = zeroblob(${(100 + round).toString()}) WHERE id % 100 = 0`);
  }
  return contentOf(path);
}

test(
  'a server killed at any moment of a restore leaves the old database or the new one, whole',
  { timeout: 300_000 },
  async () => {
    await using dir = await TempDir.create();
    const folder = dir.join('shop');
    await mkdir(folder);
    const path = `${folder}/orders.db`;
    await createSampleDatabase(path, { sizeBytes: SIZE_BYTES });
    const backedUp = await contentOf(path);
    const outcomes: string[] = [];
    let server = await ServerProcess.start(dir);
    try {
      const instanceId = await server.register('shop', `sqlite:${folder}`);
      const { id: backupId } = await server.takeBackup(instanceId, 'first');
      const input = { backupId, targetInstanceId: instanceId, overwrite: true };
      const begun = Date.now();
      await restore(server, input);
      const durationMs = Date.now() - begun;

      for (let kill = 0; kill < KILLS; kill += 1) {
        const old = await change(path, kill);
        const restoreId = await beginRestore(server, input);
        // The moment is what the test varies: one in each equal part of a restore's time.
        await delay(((kill + Math.random()) / KILLS) * durationMs);
        await server.kill('SIGKILL');
        server = await ServerProcess.start(dir);

        const { status, failure } = await waitForRestoreEnd(server, restoreId);

        outcomes.push(status);
        expect(failure?.code ?? 'COMPLETED').toBe(status === 'COMPLETED' ? 'COMPLETED' : 'INTERRUPTED');
        expect(await contentOf(path)).toBe(status === 'COMPLETED' ? backedUp : old);
        expect(await readdir(folder)).toEqual(['orders.db']);
        expect(await readdir(dir.join('data', '.rds-backup-scratch'))).toEqual([]);
        expect(await server.statusOf(instanceId)).toBe('AVAILABLE');
      }
      expect((await restore(server, input)).status).toBe('COMPLETED');
      expect(await contentOf(path)).toBe(backedUp);
      expect(outcomes).toContain('FAILED');
    } finally {
      await server[Symbol.asyncDispose]();
    }
  },
);

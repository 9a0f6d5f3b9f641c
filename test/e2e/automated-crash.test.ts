import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { listBackups, readPolicy, setPolicy } from '../support/backup-policies.js';
import { KILLS } from '../support/kills.js';
import { ServerProcess } from '../support/server-process.js';
import { SqliteFile } from '../support/sqlite.js';
import { TempDir } from '../support/temp-dir.js';

/** In which a server finds what is due, claims it and takes the backup. */
const SPAN_MS = 1200;

/** A window that is open now, and for half an hour at least. */
function openNow(): string {
  const start = new Date(Date.now() - 15 * 60_000);
  const minutes = Math.floor(start.getUTCMinutes() / 15) * 15;
  return `${start.getUTCHours().toString().padStart(2, '0')}:${minutes.toString().padStart(2, '0')}`;
}

/** Makes the backup of the open window due, wherever a server was when it died. */
async function makeDue(dir: TempDir): Promise<void> {
  await using catalog = await SqliteFile.open(dir.join('data', 'catalog.sqlite'));
  await catalog.exec('UPDATE backup_policies SET due_at = 0 WHERE last_backup_at IS NULL');
}

test(
  'a server killed at any moment has taken the backup of its window, or takes it next, never twice',
  {
    timeout: 180_000,
  },
  async () => {
    for (let kill = 0; kill < KILLS; kill += 1) {
      await using dir = await TempDir.create();
      await using first = await ServerProcess.start(dir);
      const instanceId = await first.registerSample('shop', { sizeBytes: 1_000_000 });
      await setPolicy(first, { instanceId, startTime: openNow() });
      await makeDue(dir);
      // The moment is what the test varies.
      await delay(1000 - (Date.now() % 1000) + (kill / KILLS) * SPAN_MS);
      await first.kill('SIGKILL');
      await makeDue(dir);

      await using second = await ServerProcess.start(dir);
      const lastBackupAt = async (): Promise<string | null> =>
        (await readPolicy(second, instanceId))?.lastBackupAt ?? null;
      await expect.poll(lastBackupAt, { timeout: 20_000 }).not.toBeNull();

      const backups = await listBackups(second, instanceId);
      expect(backups.map(({ type }) => type)).toEqual(['AUTOMATED']);
      const next = (await readPolicy(second, instanceId))?.nextBackupAt ?? '';
      expect(Date.parse(next)).toBeGreaterThan(Date.now() + 20 * 3_600_000);
      await second.waitForEnd(backups[0]?.id ?? '');
      expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
    }
  },
);

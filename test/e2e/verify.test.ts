import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { beginRestore, verify, waitForRestoreEnd } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const FLIPS = 100;

async function flip(path: string, bit: number): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, Math.floor(bit / 8));
    byte[0] = (byte[0] ?? 0) ^ (1 << (bit % 8));
    await file.write(byte, 0, 1, Math.floor(bit / 8));
  } finally {
    await file.close();
  }
}

test('finds any one bit that changes in a backup, and restores none of it', { timeout: 180_000 }, async () => {
  const engine = new FakeEngine();
  engine.databases = ['alpha', 'beta'].map((name) => ({ name, sizeBytes: 500, system: false }));
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const folder = join(app.artifacts, 'default', backupId);
  const files = await Promise.all(
    (await readdir(folder)).map(async (name) => ({
      path: join(folder, name),
      bits: (await stat(join(folder, name))).size * 8,
    })),
  );
  expect(files).toHaveLength(3);

  for (let round = 0; round < FLIPS; round += 1) {
    const { path, bits } = files[round % files.length] ?? { path: '', bits: 0 };
    const bit = Math.floor(Math.random() * bits);
    await flip(path, bit);
    const found = await verify(app, backupId, 'CHECKSUM');
    expect.soft(found.status, `bit ${bit.toString()} of ${path}`).toBe('FAILED');
    const restoreId = await beginRestore(app, { backupId, targetInstanceId: instanceId, overwrite: true });
    const { failure } = await waitForRestoreEnd(app, restoreId);
    expect.soft(failure?.code, `bit ${bit.toString()} of ${path}`).toBe('CHECKSUM_MISMATCH');
    await flip(path, bit);
  }

  expect(engine.restoreCalls.filter(({ step }) => step !== 'abandon')).toEqual([]);
  expect((await verify(app, backupId, 'RESTORE')).status).toBe('PASSED');
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
});

import { expect, test } from 'vitest';
import { verify } from '../support/backup-use.js';
import { attemptElsewhere } from '../support/sqlite-attempt.js';
import { TestApp } from '../support/test-app.js';

const LOCKED = 'SQLITE_BUSY: database is locked';

test('a server backs its own catalog up, and keeps its data directory locked', async () => {
  await using app = await TestApp.start();
  const lockFile = app.dir.join('data', 'server.lock');
  const instanceId = await app.register('catalog', `sqlite:${app.catalogFile}`);

  const { id, status } = await app.takeBackup(instanceId, 'first');

  expect(status).toBe('COMPLETED');
  expect(await verify(app, id, 'RESTORE')).toMatchObject({ status: 'PASSED' });
  // Somebody looks into the lock itself.
  await expect(app.register('lock', `sqlite:${lockFile}`)).rejects.toThrow('locked');
  expect(attemptElsewhere(lockFile, 'BEGIN EXCLUSIVE')).toBe(LOCKED);
});

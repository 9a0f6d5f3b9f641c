import { expect, test } from 'vitest';
import { TestApp } from '../support/test-app.js';

test('takes a backup of a SQLite instance, which goes Backing up and back to Available', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample();

  const backup = await app.takeBackup(instanceId, 'first');

  expect(backup.status).toBe('COMPLETED');
  expect(backup.databases).toHaveLength(1);
});

import { expect, test } from 'vitest';
import { deleteOne, restore, verify } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { setS3Credentials } from '../support/s3-credentials.js';
import { S3Server } from '../support/s3-server.js';
import { TestApp } from '../support/test-app.js';

setS3Credentials();

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly store: S3Server;
  readonly instanceId: string;
  readonly backupId: string;
}

/** A backup in a bucket, which from then on can be made to hang. */
async function start(): Promise<Lab> {
  const store = await S3Server.start();
  const app = await TestApp.start({
    env: {
      ARTIFACT_STORE: `s3://${store.bucket}`,
      S3_ENDPOINT: store.endpoint,
      STALL_TIMEOUT: '2s',
      SHUTDOWN_GRACE: '200ms',
    },
    overrides: { engines: [new FakeEngine()] },
  });
  const instanceId = await app.register('shop', 'fake://db1');
  const { id: backupId, status } = await app.takeBackup(instanceId, 'first');
  expect(status).toBe('COMPLETED');
  return {
    ...{ app, store, instanceId, backupId },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await app[Symbol.asyncDispose]();
      await store[Symbol.asyncDispose]();
    },
  };
}

test.each(['manifest.json', 'main.bak.zst'])('a restore for which %s does not come is STALLED', async (name) => {
  await using lab = await start();
  const { app, store, instanceId, backupId } = lab;
  store.onRequest = ({ key }) => (key.endsWith(name) ? 'hang' : null);

  const { failure } = await restore(app, { backupId, targetInstanceId: instanceId, overwrite: true });

  expect(failure?.code).toBe('STALLED');
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
});

test('a verification for which a file does not come fails, and says why', async () => {
  await using lab = await start();
  const { app, store, backupId } = lab;
  store.onRequest = ({ key }) => (key.endsWith('main.bak.zst') ? 'hang' : null);

  const { status, details } = await verify(app, backupId, 'CHECKSUM');

  expect(status).toBe('INCONCLUSIVE');
  expect(details).toContain('Nothing has moved for 2 s');
});

test('a store that hangs while files are removed does not keep the server from stopping', async () => {
  await using lab = await start();
  const { app, store, backupId } = lab;
  store.onRequest = () => 'hang';
  expect(await deleteOne(app, backupId)).toBe('ACCEPTED');
  const { data } = await app.graphql('query ($id: ID!) { backup(id: $id) { status } }', { id: backupId });
  expect(data.backup.status).toBe('DELETING');

  await app.app.stop();

  expect(store.objects.size).toBe(2);
});

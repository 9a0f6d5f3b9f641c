import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { decompress } from 'zstd-napi';
import type { ManifestArtifact } from '../../src/artifacts/manifest.js';
import type { BackupMessage } from '../support/api-client.js';
import { LogCapture } from '../support/log-capture.js';
import { decodeBak } from '../support/sqlserver/bak-file.js';
import { SqlServerModel } from '../support/sqlserver/sqlserver-model.js';
import { listFiles, readManifest } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const SHOP = { databases: ['shop'], includeSystemDatabases: false };
const TABLES = { 'dbo.items': Array.from({ length: 5000 }, (_row, index) => `item ${index.toString()}`) };
const BACKUP = /^BACKUP DATABASE \[shop\]/;

let model: SqlServerModel;
let app: TestApp;
let log: LogCapture;
beforeEach(async () => {
  log = new LogCapture();
  model = await SqlServerModel.start();
  model.add('shop', { tables: TABLES });
  app = await TestApp.start({ overrides: { logger: log.logger } });
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

async function readArtifact(backupId: string): Promise<{ artifact: ManifestArtifact; stored: Buffer }> {
  const [artifact] = (await readManifest(app.artifacts, backupId)).artifacts;
  if (artifact === undefined) throw new Error('the backup has no artifact');
  const stored = await readFile(join(app.artifacts, 'default', backupId, artifact.path));
  expect(createHash('sha256').update(stored).digest('hex')).toBe(artifact.sha256);
  return { artifact, stored };
}

/** No artifact, nothing in the exchange folder, and nothing that the server still does. */
async function expectNothingLeft(): Promise<void> {
  expect(await listFiles(app.artifacts)).toEqual([]);
  expect(await listFiles(join(app.dataDir, '.rds-backup-scratch'))).toEqual([]);
  expect(await readdir(model.exchange.path)).toEqual([]);
  expect(model.server.sessions).toEqual([]);
}

describe('a backup of a SQL Server', () => {
  test('is live from the first per cent that the server writes to the last byte that is stored', async () => {
    const instanceId = await app.register('shop', model.url());
    const changes = app.statusChanges({ instanceId });
    await changes.next();
    const hold = model.holdOn(BACKUP);
    const backupId = await app.beginBackup(instanceId, 'first', SHOP);
    await hold.reached();
    expect(await app.statusOf(instanceId)).toBe('BACKING_UP');
    const half = await app.waitForBackup(backupId, ({ progress }) => progress.bytesDone > 0);
    const { bytesDone, bytesTotal, percent } = half.progress;
    expect(bytesTotal).toBeGreaterThan(bytesDone);
    expect(percent).toBeGreaterThan(0);
    const seen: BackupMessage[] = [];
    const following = (async (): Promise<void> => {
      for await (const each of app.backupChanges({ backupId })) {
        seen.push(each);
        if (seen.length === 1) hold.release();
        if (each.status !== 'BUILDING') break;
      }
    })();
    await following;
    expect(seen.at(-1)).toMatchObject({ status: 'COMPLETED', failure: null, progress: { percent: 100 } });
    const done = seen.slice(0, -1).map(({ progress }) => progress.bytesDone);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    const told = [(await changes.next()).value, (await changes.next()).value];
    expect(told).toMatchObject([{ status: 'BACKING_UP' }, { status: 'AVAILABLE' }]);
    await changes.return();
    expect(await readdir(model.exchange.path)).toEqual([]);
    expect(JSON.stringify(seen) + log.text).not.toContain('s3cret');
    expect(log.entries.length).toBeGreaterThan(2);
  });

  test('is stored as the server has written it, which compresses it itself', async () => {
    const { id } = await app.takeBackup(await app.register('shop', model.url()), 'first', SHOP);
    const { artifact, stored } = await readArtifact(id);
    expect(artifact).toMatchObject({ path: 'shop.bak', format: 'bak', compression: 'none' });
    expect(artifact).toMatchObject({ storedBytes: stored.length, originalBytes: stored.length });
    expect(decodeBak(stored, 'stored', 'RESTORE')).toMatchObject({ database: 'shop', tables: TABLES });
  });

  test('is compressed here where the edition of the server does not', async () => {
    await using express = await SqlServerModel.start({ edition: 'Express Edition (64-bit)', engineEdition: 4 });
    express.add('shop', { tables: TABLES });
    const { id } = await app.takeBackup(await app.register('shop', express.url()), 'first', SHOP);
    const { artifact, stored } = await readArtifact(id);
    expect(artifact).toMatchObject({ path: 'shop.bak.zst', format: 'bak', compression: 'zstd' });
    const whole = decompress(stored);
    expect(artifact).toMatchObject({ storedBytes: stored.length, originalBytes: whole.length });
    expect(stored.length).toBeLessThan(whole.length);
    expect(decodeBak(whole, 'stored', 'RESTORE')).toMatchObject({ database: 'shop', tables: TABLES });
  });

  test('holds every database, and of those of the server all but tempdb', async () => {
    const { id, databases } = await app.takeBackup(await app.register('shop', model.url()), 'everything');
    expect(databases.map(({ name }) => name).sort()).toEqual(['master', 'model', 'msdb', 'shop']);
    const { artifacts } = await readManifest(app.artifacts, id);
    expect(artifacts.filter(({ system }) => system).map(({ database }) => database)).toHaveLength(3);
  });

  test('is stopped on the server when it is cancelled, and leaves nothing', async () => {
    const instanceId = await app.register('shop', model.url());
    const hold = model.holdOn(BACKUP);
    const backupId = await app.beginBackup(instanceId, 'first', SHOP);
    await hold.reached();
    expect(await readdir(model.exchange.path)).toHaveLength(1);
    await app.cancelBackup(backupId);
    expect(await app.waitForEnd(backupId)).toMatchObject({ status: 'FAILED', failure: { code: 'CANCELLED' } });
    await expect.poll(() => model.cancelled).toEqual([expect.stringMatching(BACKUP)]);
    await expect.poll(() => readdir(model.exchange.path)).toEqual([]);
    await expect.poll(() => model.server.sessions).toEqual([]);
    await expectNothingLeft();
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  });

  test('fails with the instance ABNORMAL when the server goes away midway', async () => {
    const instanceId = await app.register('shop', model.url());
    const hold = model.holdOn(BACKUP);
    const backupId = await app.beginBackup(instanceId, 'first', SHOP);
    await hold.reached();
    await using _exchange = model.exchange;
    await model.server[Symbol.asyncDispose]();
    model = await SqlServerModel.start();
    const { status, failure } = await app.waitForEnd(backupId);
    expect({ status, code: failure?.code }).toEqual({ status: 'FAILED', code: 'ENGINE_UNREACHABLE' });
    expect(failure?.message).toMatch(/^[A-Z].*\.$/s);
    expect(await app.statusOf(instanceId)).toBe('ABNORMAL');
    expect(await listFiles(app.artifacts)).toEqual([]);
    expect(JSON.stringify(failure) + log.text).not.toContain('s3cret');
  });

  test('gives the instance back when its connection alone is lost', async () => {
    const instanceId = await app.register('shop', model.url());
    model.cutOn(BACKUP);
    const { failure } = await app.takeBackup(instanceId, 'first', SHOP);
    expect(failure?.code).toBe('ENGINE_UNREACHABLE');
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    expect(await app.takeBackup(instanceId, 'second', SHOP)).toMatchObject({ status: 'COMPLETED', failure: null });
  });
});

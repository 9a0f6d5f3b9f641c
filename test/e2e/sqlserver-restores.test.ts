import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { beginRestore, codeOf, restore, restoreBackup, verify, waitForRestoreEnd } from '../support/backup-use.js';
import type { RestoreInput } from '../support/backup-use.js';
import { LogCapture } from '../support/log-capture.js';
import { SYSTEM_DATABASES } from '../support/sqlserver/model-database.js';
import { SqlServerModel } from '../support/sqlserver/sqlserver-model.js';
import { readManifest } from '../support/store.js';
import { TestApp } from '../support/test-app.js';
import { TempDir } from '../support/temp-dir.js';

const SHOP = { databases: ['shop'], includeSystemDatabases: false };
const TABLES = { 'dbo.items': Array.from({ length: 500 }, (_row, index) => `item ${index.toString()}`) };
const LATER = { 'dbo.items': ['later'] };

let model: SqlServerModel;
beforeEach(async () => {
  model = await SqlServerModel.start();
  model.add('shop', { owner: 'clerk', tables: TABLES });
});
afterEach(async () => model[Symbol.asyncDispose]());

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly log: LogCapture;
  readonly backupId: string;
  readonly input: RestoreInput;
}

/** A backup of `shop`, which has changed since. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const log = new LogCapture();
  const app = await TestApp.start({ env, overrides: { logger: log.logger } });
  const targetInstanceId = await app.register('shop', model.url());
  const { id: backupId, failure } = await app.takeBackup(targetInstanceId, 'first', SHOP);
  expect(failure).toBeNull();
  Object.assign(model.state.get('shop'), { tables: LATER });
  return {
    ...{ app, log, backupId, input: { backupId, targetInstanceId, databases: [{ name: 'shop' }] } },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  };
}

/** User databases, and what is in the exchange folder. */
async function listEverything(): Promise<readonly string[]> {
  const names = [...model.state.databases.values()].map(({ name }) => name);
  return [...names.filter((name) => !SYSTEM_DATABASES.includes(name)), ...(await readdir(model.exchange.path))].sort();
}

test('a backup is restored under a new name beside the old one', async () => {
  await using lab = await start();
  const databases = [{ name: 'shop', restoreAs: 'shop [2]' }];
  expect(await restore(lab.app, { ...lab.input, databases })).toMatchObject({ status: 'COMPLETED', failure: null });
  expect(model.state.get('shop [2]')).toMatchObject({ tables: TABLES, state: 'ONLINE', userAccess: 'MULTI_USER' });
  expect(model.state.get('shop').tables).toEqual(LATER);
  expect(await listEverything()).toEqual(['shop', 'shop [2]']);
});

test('a backup replaces its database where it may, and is refused where it may not', async () => {
  await using lab = await start();
  const before = await listEverything();
  const refused = await restoreBackup(lab.app, lab.input);
  expect(codeOf(refused)).toBe('RESTORE_TARGET_EXISTS');
  expect(model.state.get('shop').tables).toEqual(LATER);
  expect(await restore(lab.app, { ...lab.input, overwrite: true })).toMatchObject({
    ...{ status: 'COMPLETED', failure: null },
    progress: { phase: 'DONE', percent: 100 },
  });
  expect(model.state.get('shop')).toMatchObject({ tables: TABLES, owner: 'clerk', userAccess: 'MULTI_USER' });
  expect(await listEverything()).toEqual(before);
  expect(lab.log.text).not.toContain('s3cret');
});

test('a name of the server itself is refused with how its databases are restored', async () => {
  await using lab = await start();
  const databases = [{ name: 'shop', restoreAs: 'MASTER' }];
  const { errors } = await restoreBackup(lab.app, { ...lab.input, databases, overwrite: true });
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(JSON.stringify(errors)).toContain('its administrator restores it by hand');
});

test('a backup is verified by its hash, by its form, and by a proof on the server', async () => {
  await using lab = await start();
  const before = await listEverything();
  for (const level of ['CHECKSUM', 'FORMAT', 'RESTORE']) {
    model.statements.splice(0);
    expect(await verify(lab.app, lab.backupId, level)).toMatchObject({ level, status: 'PASSED' });
    const checks = model.statements.filter((sql) => /^(RESTORE DATABASE|DBCC)/.test(sql));
    expect(checks).toHaveLength(level === 'RESTORE' ? 2 : 0);
  }
  expect(await listEverything()).toEqual(before);
  expect(model.state.get('shop').tables).toEqual(LATER);
});

test('a proof that the server finds damage with fails, and leaves nothing there', async () => {
  await using lab = await start();
  model.failOn(/^DBCC CHECKDB/, { number: 8928, message: 'Page (1:8) could not be processed.' });
  const { status, details } = await verify(lab.app, lab.backupId, 'RESTORE');
  expect({ status, details }).toEqual({ status: 'FAILED', details: expect.stringContaining('Page (1:8)') });
  expect(await listEverything()).toEqual(['shop']);
});

test('a backup whose bytes have changed is restored nowhere', async () => {
  await using lab = await start();
  const { artifacts } = await readManifest(lab.app.artifacts, lab.backupId);
  const path = join(lab.app.artifacts, 'default', lab.backupId, artifacts[0]?.path ?? '');
  const bytes = await readFile(path);
  bytes[600] = (bytes[600] ?? 0) ^ 1;
  await writeFile(path, bytes);
  expect(await verify(lab.app, lab.backupId, 'CHECKSUM')).toMatchObject({ status: 'FAILED' });
  const { failure } = await restore(lab.app, { ...lab.input, overwrite: true });
  expect(failure?.code).toBe('CHECKSUM_MISMATCH');
  expect(model.state.get('shop').tables).toEqual(LATER);
});

test('a restore that the server refuses leaves the target as it was, and can be done again', async () => {
  await using lab = await start();
  const { app, input } = lab;
  model.failOn(/^RESTORE DATABASE/, { number: 3257, message: 'There is insufficient free space on disk volume.' });
  const { failure } = await restore(app, { ...input, overwrite: true });
  expect(failure).toMatchObject({ code: 'STORAGE_FULL', message: expect.stringContaining('(error 3257)') });
  expect(await listEverything()).toEqual(['shop']);
  expect(model.state.get('shop')).toMatchObject({ tables: LATER, userAccess: 'MULTI_USER' });
  expect(await app.statusOf(input.targetInstanceId)).toBe('AVAILABLE');
  expect(await restore(app, { ...input, overwrite: true })).toMatchObject({ status: 'COMPLETED', failure: null });
  expect(model.state.get('shop').tables).toEqual(TABLES);
});

test('a restore goes on after a connection that is lost in the middle of the swap', async () => {
  await using lab = await start();
  model.cutOn(/^ALTER DATABASE \[rds_restore_\w+\] MODIFY NAME = \[shop\]$/);
  const restoreId = await beginRestore(lab.app, { ...lab.input, overwrite: true });
  expect(await waitForRestoreEnd(lab.app, restoreId)).toMatchObject({ status: 'COMPLETED', failure: null });
  expect(model.state.get('shop')).toMatchObject({ tables: TABLES, owner: 'clerk', userAccess: 'MULTI_USER' });
  expect(await listEverything()).toEqual(['shop']);
});

test('a backup that is encrypted is stored so, and restored', async () => {
  await using dir = await TempDir.create();
  const identity = await generateX25519Identity();
  const identityFile = dir.join('identity.txt');
  await writeFile(identityFile, `${identity}\n`, { mode: 0o600 });
  const recipient = await identityToRecipient(identity);
  await using lab = await start({ ENCRYPTION_RECIPIENTS: recipient, ENCRYPTION_IDENTITY_FILE: identityFile });
  const { artifacts } = await readManifest(lab.app.artifacts, lab.backupId);
  expect(artifacts[0]?.path).toBe('shop.bak.age');
  expect(await restore(lab.app, { ...lab.input, overwrite: true })).toMatchObject({ status: 'COMPLETED' });
  expect(model.state.get('shop').tables).toEqual(TABLES);
});

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { RestoreFailedError } from '../../src/domain/failure.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { codeOf, deleteInstance, verify, verifyBackup, waitForVerification } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const LEVELS = ['CHECKSUM', 'FORMAT', 'RESTORE'];
const NO_ID = '00000000-0000-7000-8000-000000000000';

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
  readonly backupId: string;
  readonly folder: string;
}

/** A backup of two databases of the tests' engine. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<Lab> {
  const engine = new FakeEngine();
  engine.databases = ['main', 'more'].map((name) => ({ name, sizeBytes: 10_000, system: false }));
  const app = await TestApp.start({ env, overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  const folder = join(app.artifacts, 'default', backupId);
  return { app, engine, instanceId, backupId, folder, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

test('says that a new backup was verified when it was taken', async () => {
  await using lab = await start();

  const { data } = await lab.app.graphql(
    'query ($id: ID!) { backup(id: $id) { verifiedAt completedAt verification { level status details verifiedAt } } }',
    { id: lab.backupId },
  );

  const { verification, completedAt } = data.backup;
  expect(verification).toMatchObject({ level: 'FORMAT', status: 'PASSED', verifiedAt: completedAt });
});

test.each(LEVELS)('passes a whole backup at level %s, of SQLite databases, too', async (level) => {
  await using lab = await start();
  const { app } = lab;
  const { id } = await app.takeBackup(await app.registerSample('sample', { sizeBytes: 20_000 }), 'sample');

  const found = await verify(app, id, level);

  expect(found).toMatchObject({ level, status: 'PASSED', verifiedAt: expect.any(String) });
  expect(found.details).toMatch(
    level === 'RESTORE' ? /^Restored into .* 20 rows, all as recorded/ : /as they were written/,
  );
  const { data } = await app.graphql('query ($id: ID!) { backup(id: $id) { verifiedAt status } }', { id });
  expect(data.backup).toEqual({ verifiedAt: found.verifiedAt, status: 'COMPLETED' });
});

test.each(LEVELS)('fails a backup without one of its files at level %s, and says which', async (level) => {
  await using lab = await start();
  await rm(join(lab.folder, 'more.bak.zst'));
  const before = await lab.app.graphql('query ($id: ID!) { backup(id: $id) { verifiedAt } }', { id: lab.backupId });

  const found = await verify(lab.app, lab.backupId, level);

  expect(found.status).toBe('FAILED');
  expect(found.details).toContain('more.bak.zst');
  const after = await lab.app.graphql('query ($id: ID!) { backup(id: $id) { verifiedAt } }', { id: lab.backupId });
  expect(after).toEqual(before);
  expect(lab.engine.restoreCalls).toEqual([]);
});

test.each([
  ['gone', (path: string) => rm(path)],
  ['not its own', (path: string) => writeFile(path, '{}\n')],
])('fails a backup whose manifest is %s', async (_what, damage) => {
  await using lab = await start();
  await damage(join(lab.folder, 'manifest.json'));

  const found = await verify(lab.app, lab.backupId, 'CHECKSUM');

  expect(found.status).toBe('FAILED');
  expect(found.details).toMatch(/manifest/);
});

test('fails a backup that restores with other rows than it had, and names the table', async () => {
  await using lab = await start();
  lab.engine.losesRow = true;

  const found = await verify(lab.app, lab.backupId, 'RESTORE');

  expect(found).toMatchObject({ level: 'RESTORE', status: 'FAILED' });
  expect(found.details).toBe(
    'Database main was restored with other content than it had: table rows has 9999 rows and had 10000.',
  );
});

const { RESTORE_FAILED, STORAGE_FULL } = RestoreFailureCode;

test.each([
  ['FAILED', new RestoreFailedError(RESTORE_FAILED, 'It breaks off.'), 'It breaks off.'],
  ['INCONCLUSIVE', new EngineUnreachableError('it is down.'), 'cannot be used: it is down.'],
  ['INCONCLUSIVE', new RestoreFailedError(STORAGE_FULL, 'The scratch server is full.'), 'scratch server is full.'],
  ['INCONCLUSIVE', new Error('hunter2'), "The server's log has the details"],
])('finds a backup %s that meets %s, and says why', async (status, fault, expected) => {
  await using lab = await start();
  lab.engine.proveFault = fault;

  const found = await verify(lab.app, lab.backupId, 'RESTORE');

  expect(found.status).toBe(status);
  expect(found.details).toContain(expected);
  expect(found.details).not.toContain('hunter2');
});

test('fails a backup whose files the engine does not take, at level FORMAT and not at CHECKSUM', async () => {
  await using lab = await start();
  lab.engine.formatFault = new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, 'It is no dump.');

  expect(await verify(lab.app, lab.backupId, 'FORMAT')).toMatchObject({ status: 'FAILED', details: 'It is no dump.' });
  expect(await verify(lab.app, lab.backupId, 'CHECKSUM')).toMatchObject({ level: 'CHECKSUM', status: 'PASSED' });
});

test('refuses a second verification while one runs, and makes one after the other ends', async () => {
  await using lab = await start();
  const { app, engine, backupId } = lab;
  const hold = engine.holdRestores();
  const { data } = await verifyBackup(app, backupId, 'RESTORE');
  await hold.reached();

  const { errors } = await verifyBackup(app, backupId, 'CHECKSUM');
  hold.release();

  expect(data.verifyBackup.backup.verification).toMatchObject({ level: 'RESTORE', status: 'RUNNING', details: null });
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_NOT_VERIFIABLE', retryable: true, backupId });
  expect(errors?.[0]?.message).toContain('it is being verified already');
  expect((await waitForVerification(app, backupId)).status).toBe('PASSED');
  for (const level of ['CHECKSUM', 'FORMAT']) expect((await verify(app, backupId, level)).status).toBe('PASSED');
});

test('refuses a backup that is not there, or not COMPLETED', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const hold = engine.hold();
  const building = await app.beginBackup(instanceId, 'building');

  const codes = await Promise.all([NO_ID, 'a\0b', building].map((id) => verifyBackup(app, id, 'CHECKSUM')));

  expect(codes.map(codeOf)).toEqual(['BACKUP_NOT_FOUND', 'BACKUP_NOT_FOUND', 'BACKUP_NOT_VERIFIABLE']);
  expect(codes[2]?.errors?.[0]?.message).toContain('this one is BUILDING');
  hold.release();
  await app.waitForEnd(building);
});

test('verifies the backup of a deleted instance as far as that goes without the instance', async () => {
  await using lab = await start();
  const { app, engine, instanceId, backupId } = lab;
  engine.provesAlone = false;
  const sample = await app.registerSample('sample', { sizeBytes: 20_000 });
  const { id: ofSqlite } = await app.takeBackup(sample, 'sample');
  for (const id of [instanceId, sample]) await deleteInstance(app, id);

  const statuses = [];
  for (const level of LEVELS) statuses.push((await verify(app, ofSqlite, level)).status);
  const { errors } = await verifyBackup(app, backupId, 'RESTORE');

  expect(statuses).toEqual(['PASSED', 'PASSED', 'PASSED']);
  // Nobody is left to restore it to.
  expect(errors?.[0]?.extensions.code).toBe('BACKUP_NOT_VERIFIABLE');
  expect((await verify(app, backupId, 'CHECKSUM')).status).toBe('PASSED');
});

test('gives up a verification that hangs, and goes on with those behind it', async () => {
  await using lab = await start({ STALL_TIMEOUT: '1s' });
  const { app, engine, instanceId, backupId } = lab;
  const { id: second } = await app.takeBackup(instanceId, 'second');
  engine.holdRestores();
  await verifyBackup(app, backupId, 'RESTORE');

  const behind = await verify(app, second, 'CHECKSUM');
  const hung = await waitForVerification(app, backupId);

  expect(behind.status).toBe('PASSED');
  expect(hung).toMatchObject({ level: 'RESTORE', status: 'INCONCLUSIVE' });
  expect(hung.details).toContain('Nothing has moved for 1 s');
});

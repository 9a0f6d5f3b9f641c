import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { codeOf, deleteBackups, deleteEach, deleteOne, verifyBackup, waitUntilGone } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const NO_ID = '00000000-0000-7000-8000-000000000000';

interface Lab extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
}

async function start(): Promise<Lab> {
  const engine = new FakeEngine();
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  return { app, engine, instanceId, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

async function sql(app: TestApp, text: string): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`PRAGMA busy_timeout = 5000; ${text}`);
}

test('deletes a backup and its files, and frees its name at once', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id } = await app.takeBackup(instanceId, 'first');
  const { id: kept } = await app.takeBackup(instanceId, 'kept');

  const answer = await deleteBackups(app, [id]);
  const again = await app.createBackup(instanceId, 'first');

  expect(answer.errors).toBeUndefined();
  expect(answer.data.deleteBackup.results).toEqual([{ backupId: id, error: null }]);
  expect(codeOf(again)).toBe('ACCEPTED');
  await app.waitForEnd(again.data.createBackup.backup.id as string);
  await waitUntilGone(app, id);
  const folders = await readdir(join(app.artifacts, 'default'));
  expect(folders.sort()).toEqual([again.data.createBackup.backup.id, kept].sort());
});

test('deletes a failed backup', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  engine.script = () => ({ content: [] });
  const { id, status } = await app.takeBackup(instanceId, 'failed');
  expect(status).toBe('FAILED');

  expect(await deleteOne(app, id)).toBe('ACCEPTED');

  await waitUntilGone(app, id);
});

test('deletes each by itself, and answers in the order of the ids', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id: first } = await app.takeBackup(instanceId, 'first');
  const { id: second } = await app.takeBackup(instanceId, 'second');
  const { id: automated } = await app.takeBackup(instanceId, 'automated');
  await sql(app, `UPDATE backups SET type = 'AUTOMATED' WHERE id = '${automated}'`);
  const hold = engine.hold();
  const building = await app.beginBackup(instanceId, 'building');

  const results = await deleteEach(app, [building, first, NO_ID, automated, 'a\0b', second]);

  expect(results.map(({ backupId, error }) => [backupId, error?.code ?? null])).toEqual([
    [building, 'BACKUP_NOT_DELETABLE'],
    [first, null],
    [NO_ID, 'BACKUP_NOT_FOUND'],
    [automated, 'BACKUP_NOT_DELETABLE'],
    ['a\0b', 'BACKUP_NOT_FOUND'],
    [second, null],
  ]);
  expect(results[0]?.error).toEqual({
    code: 'BACKUP_NOT_DELETABLE',
    message: 'The backup cannot be deleted: it is still being created. Cancel it first.',
    retryable: true,
  });
  expect(results[3]?.error?.message).toContain('it is an automated one');
  for (const id of [first, second]) await waitUntilGone(app, id);
  hold.release();
  expect((await app.waitForEnd(building)).status).toBe('COMPLETED');
  expect(await listFiles(app.artifacts)).toHaveLength(4);
});

test('takes 1 to 50 ids, each once', async () => {
  await using lab = await start();
  const ids = Array.from({ length: 51 }, (_, index) => `none-${index.toString()}`);

  const answers = await Promise.all(
    [[], ids, ['a', 'a'], ids.slice(0, 50)].map((given) => deleteBackups(lab.app, given)),
  );

  const [none, tooMany, twice, fifty] = answers;
  for (const refused of [none, tooMany]) {
    expect(refused?.errors?.[0]?.extensions).toMatchObject({
      code: 'BAD_USER_INPUT',
      fields: [{ path: 'ids', message: 'Between 1 and 50 backups can be deleted at once.' }],
    });
  }
  expect(twice?.errors?.[0]?.extensions.fields[0].message).toBe('A backup can be named only once.');
  expect(fifty?.data.deleteBackup.results).toHaveLength(50);
});

test('refuses to delete a backup that is being verified, or deleted already', async () => {
  await using lab = await start();
  const { app, engine, instanceId } = lab;
  const { id } = await app.takeBackup(instanceId, 'first');
  const hold = engine.holdRestores();
  await verifyBackup(app, id, 'RESTORE');
  await hold.reached();

  const [verified] = await deleteEach(app, [id]);
  await sql(app, `UPDATE backups SET status = 'DELETING' WHERE id = '${id}'`);
  const [deleting] = await deleteEach(app, [id]);
  const cancel = await app.cancelBackup(id);

  expect(verified?.error?.message).toContain('it is being verified');
  expect(deleting?.error?.message).toContain('it is being deleted already');
  expect(codeOf(cancel)).toBe('BACKUP_NOT_CANCELLABLE');
  hold.release();
});

test('of many who delete one backup at the same time one does', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id } = await app.takeBackup(instanceId, 'first');

  const codes = await Promise.all(Array.from({ length: 50 }, () => deleteOne(app, id)));

  expect(codes.filter((code) => code === 'ACCEPTED')).toHaveLength(1);
  expect(codes.every((code) => ['ACCEPTED', 'BACKUP_NOT_DELETABLE', 'BACKUP_NOT_FOUND'].includes(code))).toBe(true);
  await waitUntilGone(app, id);
  expect(await listFiles(app.artifacts)).toEqual([]);
});

test('lists a backup that is being deleted with all that is known of it', async () => {
  await using lab = await start();
  const { app, instanceId } = lab;
  const { id } = await app.takeBackup(instanceId, 'first');
  // Nothing removes its files: the store says that they are there, and nobody has begun.
  await sql(app, `UPDATE backups SET status = 'DELETING' WHERE id = '${id}'`);

  const { data, errors } = await app.graphql(
    `query ($id: ID!) { backup(id: $id) { status progress { phase percent } verification { status }
      databases { sha256 } instance { name } } backups(filter: { status: DELETING }) { totalCount } }`,
    { id },
  );

  expect(errors).toBeUndefined();
  expect(data).toMatchObject({
    backup: { status: 'DELETING', progress: { phase: 'DONE', percent: 100 }, instance: { name: 'shop' } },
    backups: { totalCount: 1 },
  });
});

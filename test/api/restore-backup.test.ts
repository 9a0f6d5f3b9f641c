import { mkdir, readdir } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { deleteInstance, restore, restoreBackup, waitForRestoreEnd } from '../support/backup-use.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { contentOf } from '../support/sqlite-restores.js';
import { TestApp } from '../support/test-app.js';

interface Shop {
  readonly instanceId: string;
  readonly backupId: string;
  readonly folder: string;
}

/** A folder of SQLite databases that was backed up. */
async function backUpFolder(app: TestApp, names: readonly string[] = ['orders.db', 'stock.db']): Promise<Shop> {
  const folder = app.dir.join('shop');
  await mkdir(folder);
  for (const name of names) await createSampleDatabase(`${folder}/${name}`, { sizeBytes: 30_000 });
  const instanceId = await app.register('shop', `sqlite:${folder}`);
  const { id: backupId } = await app.takeBackup(instanceId, 'first');
  return { instanceId, backupId, folder };
}

async function change(path: string): Promise<void> {
  await using file = await SqliteFile.open(path);
  await file.exec('DELETE FROM items WHERE id > 3; CREATE TABLE later (id INTEGER PRIMARY KEY)');
}

describe('of SQLite databases', () => {
  test('restores every database under its own name over what is there, with overwrite', async () => {
    await using app = await TestApp.start();
    const { instanceId, backupId, folder } = await backUpFolder(app);
    const paths = ['orders.db', 'stock.db'].map((name) => `${folder}/${name}`);
    const before = await Promise.all(paths.map(contentOf));
    for (const path of paths) await change(path);

    const { data, errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId, overwrite: true });

    expect(errors).toBeUndefined();
    expect(data.restoreBackup.restore).toMatchObject({ status: 'RUNNING', failure: null, completedAt: null });
    const ended = await waitForRestoreEnd(app, data.restoreBackup.restore.id as string);
    expect(ended).toMatchObject({ status: 'COMPLETED', failure: null, progress: { phase: 'DONE', percent: 100 } });
    expect(await Promise.all(paths.map(contentOf))).toEqual(before);
    for (const path of paths) {
      await using file = await SqliteFile.open(path);
      expect(await file.all('SELECT name FROM sqlite_schema')).toEqual([{ name: 'items' }]);
    }
    expect((await readdir(folder)).sort()).toEqual(['orders.db', 'stock.db']);
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  });

  test('restores one of them under another name, beside what is there, and twice at once under two', async () => {
    await using app = await TestApp.start();
    const { instanceId, backupId, folder } = await backUpFolder(app);
    const databases = [
      { name: 'orders.db', restoreAs: 'orders-1.db' },
      { name: 'orders.db', restoreAs: 'orders-2.db' },
    ];

    const ended = await restore(app, { backupId, targetInstanceId: instanceId, databases });

    expect(ended).toMatchObject({ status: 'COMPLETED', databases });
    expect(ended.progress.bytesDone).toBe(ended.progress.bytesTotal);
    const content = await contentOf(`${folder}/orders.db`);
    for (const { restoreAs } of databases) expect(await contentOf(`${folder}/${restoreAs}`)).toBe(content);
    const { data } = await app.graphql('query ($id: ID!) { instance(id: $id) { databases { name } } }', {
      id: instanceId,
    });
    expect(data.instance.databases.map(({ name }: { name: string }) => name)).toEqual([
      'orders-1.db',
      'orders-2.db',
      'orders.db',
      'stock.db',
    ]);
  });

  test('restores to another instance, also when the one that was backed up is deleted', async () => {
    await using app = await TestApp.start();
    const { instanceId, backupId, folder } = await backUpFolder(app);
    await mkdir(app.dir.join('other'));
    await createSampleDatabase(app.dir.join('other', 'there.db'));
    const target = await app.register('other', `sqlite:${app.dir.join('other')}`);
    await deleteInstance(app, instanceId);

    const ended = await restore(app, { backupId, targetInstanceId: target });

    expect(ended.status).toBe('COMPLETED');
    for (const name of ['orders.db', 'stock.db']) {
      expect(await contentOf(app.dir.join('other', name))).toBe(await contentOf(`${folder}/${name}`));
    }
  });

  test('refuses names that the target cannot have, each with its path', async () => {
    await using app = await TestApp.start();
    const { instanceId, backupId } = await backUpFolder(app);
    for (const restoreAs of ['', '.', '..', '../escape.db', 'a/b.db', 'a\0b.db']) {
      const databases = [{ name: 'orders.db', restoreAs }];
      const { errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId, databases });
      expect.soft(errors?.[0]?.extensions.code, restoreAs).toBe('BAD_USER_INPUT');
      expect.soft(errors?.[0]?.extensions.fields?.[0]?.path, restoreAs).toBe('databases.0.restoreAs');
    }
    const databases = [{ name: 'orders.db', restoreAs: 'x'.repeat(300) }];
    const { errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId, databases });
    expect(errors?.[0]?.extensions.fields[0].path).toBe('databases.0.restoreAs');
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  });

  test('refuses to take names that are there, unless it may overwrite them', async () => {
    await using app = await TestApp.start();
    const { instanceId, backupId } = await backUpFolder(app);

    const { errors } = await restoreBackup(app, { backupId, targetInstanceId: instanceId });

    expect(errors?.[0]?.extensions).toEqual({
      code: 'RESTORE_TARGET_EXISTS',
      retryable: false,
      instanceId,
      databases: ['orders.db', 'stock.db'],
    });
    expect(errors?.[0]?.message).toContain('set overwrite');
  });
});

import { describe, expect, test } from 'vitest';
import { hasMariadb, ScratchMariadb } from '../support/services.js';
import { readManifest } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

describe.skipIf(!hasMariadb)('a MariaDB instance', () => {
  test('is registered and backed up through the API, with its users and grants', async () => {
    await using database = await ScratchMariadb.create();
    await database.sql('CREATE TABLE items (id INT PRIMARY KEY); INSERT INTO items VALUES (1), (2)');
    await using app = await TestApp.start({ env: { PATH: process.env.PATH ?? '' } });
    const instanceId = await app.register('orders', database.url);

    const backup = await app.takeBackup(instanceId, 'first', { databases: [database.name] });

    expect(backup.failure).toBeNull();
    expect(backup).toMatchObject({ status: 'COMPLETED', progress: { percent: 100 } });
    expect(backup.databases.map(({ name }) => name).toSorted()).toEqual(['mysql', database.name]);
    expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
    const manifest = await readManifest(app.artifacts, backup.id);
    expect(manifest).toMatchObject({ backup: { engine: 'MARIADB' }, tool: { name: 'mariadb-dump' } });
    expect(manifest.artifacts.map(({ path }) => path).toSorted()).toEqual([
      'mysql.sql.zst',
      `${database.name}.sql.zst`,
    ]);
  });
});

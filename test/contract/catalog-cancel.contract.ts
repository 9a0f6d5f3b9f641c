import { expect, test } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.js';
import { BackupStatus } from '../../src/domain/backup.js';
import type { Backup } from '../../src/domain/backup.js';
import { completedBackup, sampleBackup, sampleLease } from '../support/samples.js';
import { complete, fail, insertBackup, openForOtherServer } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

async function cancel(catalog: Catalog, { id }: Pick<Backup, 'id'>): Promise<boolean> {
  return catalog.transaction(({ backups }) => backups.cancel(id));
}

/** Backups that a user wants stopped. */
export function cancelContract(create: CreateCatalog): void {
  test('are cancelled once while they are BUILDING, whoever holds them', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup(), sampleLease('server-b'));

    expect(await cancel(catalog, backup)).toBe(true);
    expect(await cancel(catalog, backup)).toBe(false);

    expect(await catalog.backups.find(backup.id)).toEqual(backup);
    const [building] = await catalog.backups.listBuilding();
    expect(building).toMatchObject({ backup, isCondemned: true });
  });

  test('can only fail once they are cancelled', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup());
    await cancel(catalog, backup);

    expect(await complete(catalog, backup)).toBe(false);
    expect((await catalog.backups.find(backup.id))?.status).toBe(BackupStatus.BUILDING);
    expect(await catalog.backups.findDatabases([backup.id])).toEqual([[]]);
    expect(await fail(catalog, backup)).toBe(true);
  });

  test('are not cancelled once their end is decided, or is there', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const condemned = await insertBackup(catalog, sampleBackup());
    await catalog.transaction(({ backups }) => backups.condemn(condemned.id, 'server-a'));
    const failed = await insertBackup(catalog, sampleBackup());
    await fail(catalog, failed);
    const completed = await insertBackup(catalog, completedBackup());

    for (const each of [condemned, failed, completed, sampleBackup(), { id: 'a\0b' }]) {
      expect(await cancel(catalog, each)).toBe(false);
    }
    expect(await catalog.backups.findCancelled([condemned.id])).toEqual([]);
    expect((await catalog.backups.find(completed.id))?.status).toBe(BackupStatus.COMPLETED);
  });

  test('are found among others as long as they are cancelled and BUILDING', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await insertBackup(catalog, sampleBackup());
    const cancelled = await insertBackup(catalog, sampleBackup());
    const ended = await insertBackup(catalog, sampleBackup());
    for (const each of [cancelled, ended]) await cancel(catalog, each);
    await fail(catalog, ended);
    const ids = [other, cancelled, ended].map(({ id }) => id);

    expect(await catalog.backups.findCancelled([...ids, 'none'])).toEqual([cancelled.id]);
    expect(await catalog.backups.findCancelled([other.id])).toEqual([]);
    expect(await catalog.backups.findCancelled([])).toEqual([]);
  });

  test('are either cancelled or completed when both come at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    for (let round = 0; round < 20; round += 1) {
      const backup = await insertBackup(catalog, sampleBackup());
      const attempts =
        round % 2 === 0
          ? [cancel(other, backup), complete(catalog, backup)]
          : [complete(catalog, backup), cancel(other, backup)];
      expect((await Promise.all(attempts)).filter(Boolean)).toHaveLength(1);
    }
  });
}

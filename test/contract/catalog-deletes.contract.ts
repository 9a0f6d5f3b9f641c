import { expect, test } from 'vitest';
import { BackupStatus, BackupType } from '../../src/domain/backup.js';
import { InstanceStatus } from '../../src/domain/instance.js';
import { completedBackup, sampleBackup } from '../support/samples.js';
import {
  changeStatus,
  claimOf,
  complete,
  fail,
  insertBackup,
  insertInstance,
  openForOtherServer,
  releaseOf,
} from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';
import type { Catalog } from '../../src/catalog/catalog.js';

async function beginDelete(catalog: Catalog, id: string): Promise<boolean> {
  return catalog.transaction(({ backups }) => backups.beginDelete(id));
}

/** Backups and instances on their way out. */
export function deleteContract(create: CreateCatalog): void {
  test('a backup begins to be deleted once, when it is COMPLETED or FAILED', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const completed = await insertBackup(catalog, completedBackup());
    const failed = await insertBackup(catalog, sampleBackup());
    const building = await insertBackup(catalog, sampleBackup());
    await fail(catalog, failed);

    for (const { id } of [completed, failed]) {
      expect(await beginDelete(catalog, id)).toBe(true);
      expect(await beginDelete(catalog, id)).toBe(false);
    }
    for (const id of [building.id, 'none', 'a\0b']) expect(await beginDelete(catalog, id)).toBe(false);

    const deleting = (await catalog.backups.listDeleting()).map(({ id }) => id);
    expect(deleting.sort()).toEqual([completed.id, failed.id].sort());
    expect((await catalog.backups.find(completed.id))?.status).toBe(BackupStatus.DELETING);
  });

  test('a backup is held or begins to be deleted, never both at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    for (let round = 0; round < 10; round += 1) {
      const { id } = await insertBackup(catalog, completedBackup());
      const order: string[] = [];
      const hold = (by: Catalog): Promise<void> =>
        by.transaction(async ({ backups }) => {
          if (await backups.hold(id)) order.push('held');
        });
      const remove = (by: Catalog): Promise<void> =>
        by.transaction(async ({ backups }) => {
          if (await backups.beginDelete(id)) order.push('deleting');
        });

      await Promise.all(round % 2 === 0 ? [hold(catalog), remove(other)] : [remove(catalog), hold(other)]);

      expect(order.at(-1)).toBe('deleting');
      expect(await catalog.transaction(({ backups }) => backups.hold(id))).toBe(false);
    }
  });

  test('a backup that is being deleted has given its name up, and goes with all that is kept of it', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const backup = await insertBackup(catalog, sampleBackup({ name: 'nightly' }));
    await complete(catalog, backup);
    expect(await catalog.transaction(({ backups }) => backups.remove(backup.id))).toBe(false);
    await beginDelete(catalog, backup.id);

    expect(await catalog.backups.findByName('default', 'nightly')).toBeNull();
    await expect(insertBackup(catalog, sampleBackup({ name: 'nightly' }))).resolves.toBeDefined();
    expect(await catalog.transaction(({ backups }) => backups.remove(backup.id))).toBe(true);
    expect(await catalog.transaction(({ backups }) => backups.remove(backup.id))).toBe(false);
    expect(await catalog.backups.find(backup.id)).toBeNull();
    expect(await catalog.backups.findDatabases([backup.id])).toEqual([[]]);
  });

  test('an instance is removed only while no operation runs in it, with its events, and not its backups', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id, name, project } = await insertInstance(catalog);
    const manual = await insertBackup(catalog, completedBackup({ instanceId: id }));
    const automated = await insertBackup(catalog, completedBackup({ instanceId: id, type: BackupType.AUTOMATED }));
    const remove = (): Promise<boolean> => catalog.transaction(({ instances }) => instances.remove(id));
    for (const to of [InstanceStatus.BACKING_UP, InstanceStatus.RESTORING]) {
      await changeStatus(catalog, claimOf(id, { to }));
      expect(await remove()).toBe(false);
      await changeStatus(catalog, { ...releaseOf(id), from: to });
    }
    expect((await catalog.backups.listAutomated(id)).map((backup) => backup.id)).toEqual([automated.id]);

    expect(await remove()).toBe(true);
    expect(await remove()).toBe(false);

    expect(await catalog.instances.find(id)).toBeNull();
    expect(await catalog.instances.findSealedUrls([id])).toEqual([null]);
    expect(await catalog.statusChanges.list({ after: '0', instanceId: id, limit: 10 })).toEqual([]);
    expect(await catalog.backups.find(manual.id)).toEqual(manual);
    await expect(insertInstance(catalog, { name, project })).resolves.toBeDefined();
  });
}

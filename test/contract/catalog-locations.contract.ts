import { expect, test } from 'vitest';
import { InstanceStatus } from '../../src/domain/instance.js';
import { completedBackup, sampleBackup } from '../support/samples.js';
import { changeStatus, claimOf, insertBackup, insertInstance } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

/** Regions and projects to choose from. */
export function locationContract(create: CreateCatalog): void {
  test('are none in an empty catalog', async () => {
    await using subject = await create();
    expect(await subject.catalog.locations.list()).toEqual([]);
  });

  test('are those of instances and of backups, each once, by region and then project, capitals first', async () => {
    await using subject = await create();
    const { catalog } = subject;
    for (const [region, project] of [
      ['us', 'sales'],
      ['eu', 'ops'],
      ['eu', 'Ops'],
      ['é', 'ops'],
    ] as const) {
      const { id: instanceId } = await insertInstance(catalog, { region, project });
      await insertBackup(catalog, completedBackup({ instanceId, region, project }));
      await insertBackup(catalog, sampleBackup({ instanceId, region, project }));
    }
    await insertInstance(catalog, { region: 'eu', project: 'empty' });
    await insertBackup(catalog, completedBackup({ region: 'us', project: 'ops' }));
    await insertBackup(catalog, completedBackup({ region: '', project: '' }));

    expect((await catalog.locations.list()).map(({ region, project }) => `${region}/${project}`)).toEqual([
      '/',
      'eu/Ops',
      'eu/empty',
      'eu/ops',
      'us/ops',
      'us/sales',
      'é/ops',
    ]);
  });

  test('stay as long as something is there', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id: instanceId } = await insertInstance(catalog, { region: 'eu', project: 'ops' });
    const { id: backupId } = await insertBackup(catalog, completedBackup({ region: 'us', project: 'ops', instanceId }));
    const update = claimOf(instanceId, { to: InstanceStatus.AVAILABLE, changes: { region: 'asia' } });
    await changeStatus(catalog, update);
    expect(await catalog.locations.list()).toEqual([
      { region: 'asia', project: 'ops' },
      { region: 'us', project: 'ops' },
    ]);

    await catalog.transaction(({ instances }) => instances.remove(instanceId));
    expect(await catalog.locations.list()).toEqual([{ region: 'us', project: 'ops' }]);

    await catalog.transaction(async ({ backups }) => {
      await backups.beginDelete(backupId);
      await backups.remove(backupId);
    });
    expect(await catalog.locations.list()).toEqual([]);
  });
}

import { expect, test } from 'vitest';
import type { InstanceChanges } from '../../src/catalog/catalog.js';
import { InstanceRole, InstanceStatus } from '../../src/domain/instance.js';
import { NOON } from '../support/samples.js';
import { changeStatus, claimOf, insertInstance, LATER } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

const { AVAILABLE, ABNORMAL } = InstanceStatus;

const CHANGES: InstanceChanges = {
  name: 'moved',
  region: 'eu-1',
  engineVersion: '3.51.0',
  role: InstanceRole.STANDBY,
  endpoint: 'sqlite:/srv/moved.db',
  sealedUrl: 'sealed anew',
};

/** Facts of an instance that change along with its status, or without it. */
export function instanceChangeContract(create: CreateCatalog): void {
  test('change their facts without changing their status, which is an event with both statuses the same', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog);

    const isChanged = await changeStatus(catalog, {
      instanceId: instance.id,
      from: AVAILABLE,
      to: AVAILABLE,
      changes: CHANGES,
      reason: 'It has moved.',
      backupId: null,
      at: LATER,
    });

    expect(isChanged).toBe(true);
    const { sealedUrl, ...shown } = CHANGES;
    expect(await catalog.instances.find(instance.id)).toEqual({ ...instance, ...shown, updatedAt: LATER });
    expect(await catalog.instances.findSealedUrls([instance.id])).toEqual([sealedUrl]);
    expect(await catalog.statusChanges.list({ after: '0', instanceId: instance.id, limit: 10 })).toEqual([
      {
        id: '1',
        instanceId: instance.id,
        previousStatus: AVAILABLE,
        status: AVAILABLE,
        reason: 'It has moved.',
        backupId: null,
        occurredAt: LATER,
      },
    ]);
  });

  test('change those facts only that are given, with a new status or without', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog, { status: ABNORMAL, statusReason: 'It is gone.' });
    const change = { instanceId: instance.id, backupId: null, at: LATER };

    await changeStatus(catalog, {
      ...change,
      from: ABNORMAL,
      to: ABNORMAL,
      reason: 'It is gone.',
      changes: { name: 'gone' },
    });
    expect(await catalog.instances.find(instance.id)).toEqual({ ...instance, name: 'gone', updatedAt: LATER });
    expect(await catalog.instances.findSealedUrls([instance.id])).toEqual(['sealed']);

    await changeStatus(catalog, {
      ...change,
      from: ABNORMAL,
      to: AVAILABLE,
      reason: 'It is back.',
      changes: { role: InstanceRole.READ_REPLICA },
    });
    expect(await catalog.instances.find(instance.id)).toEqual({
      ...instance,
      name: 'gone',
      role: InstanceRole.READ_REPLICA,
      status: AVAILABLE,
      statusReason: null,
      updatedAt: LATER,
    });
  });

  test('change only if nobody has changed them since they were read, if that is asked for', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);
    const change = claimOf(id, { to: AVAILABLE, changes: { region: 'eu-1' }, at: LATER });

    const wrong = {
      ...change,
      updatedAt: new Date(NOON.getTime() - 1),
      changes: { name: 'wrong', sealedUrl: 'wrong' },
    };
    expect(await changeStatus(catalog, wrong)).toBe(false);
    expect(await changeStatus(catalog, { ...change, updatedAt: NOON })).toBe(true);
    expect(await changeStatus(catalog, { ...change, updatedAt: NOON, changes: { region: 'us-1' } })).toBe(false);

    expect(await catalog.instances.find(id)).toMatchObject({ region: 'eu-1', updatedAt: LATER });
    expect(await catalog.instances.findSealedUrls([id])).toEqual(['sealed']);
    expect(await catalog.statusChanges.latestId()).toBe('1');
  });

  test('change once, of many that have read the same state and try at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);

    const tries = Array.from({ length: 20 }, (_, index) => {
      const changes = { region: `region-${index.toString()}` };
      return changeStatus(catalog, claimOf(id, { to: AVAILABLE, updatedAt: NOON, changes, at: LATER }));
    });

    const winners = (await Promise.all(tries)).flatMap((isMine, index) => (isMine ? [`region-${index}`] : []));
    expect(winners).toEqual([(await catalog.instances.find(id))?.region]);
    expect(await catalog.statusChanges.latestId()).toBe('1');
  });

  test('keep their name unique in their project when it changes, and write nothing if it is taken', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await insertInstance(catalog, { name: 'shop' });
    await insertInstance(catalog, { name: 'blog', project: 'other' });
    const instance = await insertInstance(catalog);
    const rename = (name: string): Promise<boolean> =>
      changeStatus(catalog, claimOf(instance.id, { to: AVAILABLE, changes: { name, region: 'eu-1' } }));

    const taken = rename('shop');
    await expect(taken).rejects.toMatchObject({ name: 'UniqueViolationError', key: 'instance-name' });
    expect(await catalog.instances.find(instance.id)).toEqual(instance);
    expect(await catalog.statusChanges.latestId()).toBe('0');

    expect(await rename('SHOP')).toBe(true);
    expect(await rename('SHOP')).toBe(true);
    expect(await rename('blog')).toBe(true);
    expect((await catalog.instances.findByName('default', 'blog'))?.id).toBe(instance.id);
  });
}

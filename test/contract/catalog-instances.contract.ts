import { expect, test } from 'vitest';
import { UniqueViolationError } from '../../src/catalog/catalog.js';
import { Engine, InstanceRole, InstanceStatus } from '../../src/domain/instance.js';
import { NOON, sampleInstance } from '../support/samples.js';
import { changeStatus, claimOf, insertInstance, releaseOf } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

export function instanceContract(create: CreateCatalog): void {
  test('come back as they were put in, whatever their texts hold', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog, {
      engine: Engine.MARIADB,
      role: InstanceRole.READ_REPLICA,
      statusReason: 'it\'s "quoted", 100 % \\ _ 😀\nsecond line',
      endpoint: 'sqlite:/srv/ünï cöde.db',
      createdAt: new Date('2026-03-01T12:00:00.123Z'),
    });
    expect(await catalog.instances.find(instance.id)).toEqual(instance);
  });

  test('are found in the order of the ids, also asked for twice, with null for those that are not there', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [one, two] = [await insertInstance(catalog), await insertInstance(catalog)];

    const found = await catalog.instances.findMany([two.id, 'nobody', one.id, two.id]);

    expect(found.map((instance) => instance?.id ?? null)).toEqual([two.id, null, one.id, two.id]);
    expect(await catalog.instances.findMany([])).toEqual([]);
  });

  test('are not found by an id that no text column can hold', async () => {
    await using subject = await create();
    for (const id of ['', '\0', 'a\0b', '\ud800', '😀', "' OR 1=1 --"]) {
      expect(await subject.catalog.instances.find(id)).toBeNull();
      expect(await subject.catalog.instances.findSealedUrls([id])).toEqual([null]);
    }
  });

  test('are found by name, which is case-sensitive and belongs to a project', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog, { name: 'Shop', project: 'red' });
    expect(await catalog.instances.findByName('red', 'Shop')).toEqual(instance);
    expect(await catalog.instances.findByName('red', 'shop')).toBeNull();
    expect(await catalog.instances.findByName('blue', 'Shop')).toBeNull();
  });

  test('keep their sealed URL to themselves', async () => {
    await using subject = await create();
    const instance = sampleInstance();
    await subject.catalog.transaction(({ instances }) =>
      instances.insert(instance, { sealedUrl: 'v1.sealed', checkDueAt: NOON }),
    );
    expect(await subject.catalog.instances.findSealedUrls([instance.id])).toEqual(['v1.sealed']);
    expect(JSON.stringify(await subject.catalog.instances.find(instance.id))).not.toContain('v1.sealed');
  });

  test('have unique names in their project, case-sensitive', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await insertInstance(catalog, { name: 'shop' });
    await insertInstance(catalog, { name: 'SHOP' });
    await insertInstance(catalog, { name: 'shop', project: 'other' });

    const taken = insertInstance(catalog, { name: 'shop' });

    await expect(taken).rejects.toBeInstanceOf(UniqueViolationError);
    await expect(taken).rejects.toMatchObject({ key: 'instance-name' });
    expect(await catalog.instances.count({})).toBe(3);
  });

  test('are claimed by one of fifty that try at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);

    const tries = Array.from({ length: 50 }, (_value, index) =>
      changeStatus(catalog, claimOf(id, { backupId: `backup-${index}` })),
    );
    const won = (await Promise.all(tries)).map((isMine, index) => (isMine ? `backup-${index}` : null));

    const winners = won.filter((backupId) => backupId !== null);
    expect(winners).toHaveLength(1);
    const events = await catalog.statusChanges.list({ after: '0', instanceId: id, limit: 100 });
    expect(events.map(({ backupId }) => backupId)).toEqual(winners);
  });

  test('change their status only from where the transition expects them', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog, { status: InstanceStatus.ABNORMAL });
    expect(await changeStatus(catalog, claimOf(id))).toBe(false);
    expect(await changeStatus(catalog, releaseOf(id))).toBe(false);
    expect(await changeStatus(catalog, claimOf('nobody'))).toBe(false);
    expect((await catalog.instances.find(id))?.status).toBe(InstanceStatus.ABNORMAL);
    expect(await catalog.statusChanges.latestId()).toBe('0');
  });

  test('change their status only in the role that the transition asks for', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog, { role: InstanceRole.STANDBY });
    expect(await changeStatus(catalog, claimOf(id, { role: InstanceRole.PRIMARY }))).toBe(false);
    expect(await changeStatus(catalog, claimOf(id, { role: InstanceRole.STANDBY }))).toBe(true);
  });

  test('refuse an illegal transition with an error, and write nothing', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);
    for (const [from, to] of [
      [InstanceStatus.AVAILABLE, InstanceStatus.AVAILABLE],
      [InstanceStatus.BACKING_UP, InstanceStatus.RESTORING],
      [InstanceStatus.ABNORMAL, InstanceStatus.BACKING_UP],
    ] as const) {
      await expect(changeStatus(catalog, claimOf(id, { from, to }))).rejects.toThrow(`cannot go from ${from} to ${to}`);
    }
    expect((await catalog.instances.find(id))?.status).toBe(InstanceStatus.AVAILABLE);
    expect(await catalog.statusChanges.latestId()).toBe('0');
  });

  test('tell why they are not available, and nothing once they are', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const { id } = await insertInstance(catalog);
    const at = new Date(NOON.getTime() + 1);
    await changeStatus(catalog, claimOf(id, { reason: 'because', at }));
    expect(await catalog.instances.find(id)).toMatchObject({ statusReason: 'because', updatedAt: at, createdAt: NOON });
    await changeStatus(catalog, releaseOf(id));
    expect(await catalog.instances.find(id)).toMatchObject({ statusReason: null, updatedAt: NOON });
  });

  test('are counted by filter and by status', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await insertInstance(catalog, { name: 'Shop-EU', region: 'eu', engine: Engine.POSTGRESQL });
    await insertInstance(catalog, { name: 'shop-us', region: 'us', role: InstanceRole.STANDBY });
    await insertInstance(catalog, { name: 'blog', project: 'red', status: InstanceStatus.ABNORMAL });

    expect(await catalog.instances.count({})).toBe(3);
    expect(await catalog.instances.count({ region: 'eu' })).toBe(1);
    expect(await catalog.instances.count({ engine: Engine.SQLITE })).toBe(2);
    expect(await catalog.instances.count({ project: 'red' })).toBe(1);
    expect(await catalog.instances.count({ role: InstanceRole.PRIMARY, status: InstanceStatus.AVAILABLE })).toBe(1);
    expect(await catalog.instances.count({ nameContains: 'SHOP' })).toBe(2);
    expect(await catalog.instances.count({ nameContains: 'shop', region: 'us' })).toBe(1);
    expect(await catalog.instances.countByStatus()).toEqual(
      new Map([
        [InstanceStatus.AVAILABLE, 2],
        [InstanceStatus.ABNORMAL, 1],
      ]),
    );
  });

  test('are filtered by a text that is taken literally', async () => {
    await using subject = await create();
    const { catalog } = subject;
    // Names of this kind pass no naming rule; the catalog does not know the rule.
    for (const name of ['100%', '100_', 'a\\b', 'plain']) await insertInstance(catalog, { name });
    const found = async (nameContains: string): Promise<number> => catalog.instances.count({ nameContains });

    expect(await found('%')).toBe(1);
    expect(await found('_')).toBe(1);
    expect(await found('\\')).toBe(1);
    expect(await found('0%')).toBe(1);
    expect(await found('a\\b')).toBe(1);
    expect(await found('')).toBe(4);
    expect(await found('\0')).toBe(0);
    expect(await found('pl\0ain')).toBe(0);
    expect(await catalog.instances.count({ project: 'def\0ault' })).toBe(0);
  });
}

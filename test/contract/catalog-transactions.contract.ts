import { expect, test } from 'vitest';
import { InstanceOrderField, InstanceStatus } from '../../src/domain/instance.js';
import { OrderDirection } from '../../src/domain/page.js';
import { Gate } from '../support/gate.js';
import { NOON, sampleBackup, sampleInstance, sampleLease } from '../support/samples.js';
import { changeStatus, claimOf, insertInstance, openForOtherServer, releaseOf } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

export function transactionContract(create: CreateCatalog): void {
  test('answer a ping', async () => {
    await using subject = await create();
    await subject.catalog.ping();
  });

  test('give back what the work returns, and are on disk for whoever opens the catalog next', async () => {
    await using subject = await create();
    const instance = sampleInstance();
    const returned = await subject.catalog.transaction(async ({ instances }) => {
      await instances.insert(instance, { sealedUrl: 'sealed-url', checkDueAt: NOON });
      return 'done';
    });
    expect(returned).toBe('done');

    const again = await subject.openAgain();
    expect(await again.instances.find(instance.id)).toEqual(instance);
    expect(await again.instances.findSealedUrls([instance.id])).toEqual(['sealed-url']);
  });

  test('are rolled back as a whole when the work throws, and throw what it threw', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog);
    const backup = sampleBackup({ instanceId: instance.id });
    const failure = new Error('no more');

    const transaction = catalog.transaction(async ({ instances, backups }) => {
      await instances.changeStatus(claimOf(instance.id));
      await backups.insert(backup, sampleLease());
      await backups.setDatabases(backup.id, [{ name: 'a', system: false }]);
      throw failure;
    });

    await expect(transaction).rejects.toBe(failure);
    expect(await catalog.instances.find(instance.id)).toEqual(instance);
    expect(await catalog.backups.find(backup.id)).toBeNull();
    expect(await catalog.backups.findDatabases([backup.id])).toEqual([[]]);
    expect(await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 10 })).toEqual([]);
  });

  test('take the next work after one that has failed', async () => {
    await using subject = await create();
    const { catalog } = subject;
    for (let round = 0; round < 20; round += 1) {
      await expect(catalog.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
    }
    await insertInstance(catalog);
    expect(await catalog.instances.count({})).toBe(1);
  });

  test('see their own writes; readers see none of them before the commit, and do not wait for it', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const instance = await insertInstance(catalog);
    const written = new Gate();
    const finish = new Gate();

    const transaction = catalog.transaction(async ({ instances }) => {
      await instances.changeStatus(claimOf(instance.id));
      const own = await instances.find(instance.id);
      written.open();
      await finish.opened;
      return own?.status;
    });
    await written.opened;
    const meanwhile = await catalog.instances.find(instance.id);
    const events = await catalog.statusChanges.list({ after: '0', instanceId: null, limit: 10 });
    finish.open();

    expect(await transaction).toBe(InstanceStatus.BACKING_UP);
    expect(meanwhile?.status).toBe(InstanceStatus.AVAILABLE);
    expect(events).toEqual([]);
    expect((await catalog.instances.find(instance.id))?.status).toBe(InstanceStatus.BACKING_UP);
  });

  test('do not interleave: each of many at once is whole or not there at all', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const rounds = Array.from({ length: 30 }, (_value, index) => index);

    const results = await Promise.allSettled(
      rounds.map((round) =>
        catalog.transaction(async ({ instances }) => {
          const pair = ['a', 'b'].map((side) => sampleInstance({ name: `pair-${round}-${side}` }));
          for (const each of pair) await instances.insert(each, { sealedUrl: 'sealed', checkDueAt: NOON });
          const found = await Promise.all(pair.map((each) => instances.findByName('default', each.name)));
          if (found.some((each) => each === null)) throw new Error('own writes are not seen');
          if (round % 3 === 0) throw new Error('undo');
        }),
      ),
    );

    const kept = rounds.filter((round) => round % 3 !== 0).flatMap((round) => [`pair-${round}-a`, `pair-${round}-b`]);
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(10);
    const page = await catalog.instances.list({
      first: 100,
      after: null,
      filter: {},
      orderBy: { field: InstanceOrderField.NAME, direction: OrderDirection.ASC },
    });
    expect(page.items.map(({ node }) => node.name)).toEqual(kept.sort());
  });

  test('of two servers on one catalog keep out of each other', async () => {
    await using subject = await create();
    const other = await openForOtherServer(subject);
    const instance = await insertInstance(subject.catalog);

    const results = await Promise.all(
      [subject.catalog, other, subject.catalog, other].map((catalog) => changeStatus(catalog, claimOf(instance.id))),
    );

    expect(results.filter(Boolean)).toHaveLength(1);
    expect(await changeStatus(other, releaseOf(instance.id))).toBe(true);
    expect((await subject.catalog.instances.find(instance.id))?.status).toBe(InstanceStatus.AVAILABLE);
  });
}

import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { UniqueViolationError } from '../../src/catalog/catalog.js';
import type { Catalog } from '../../src/catalog/catalog.js';
import type { RestorePageRequest, TakenRestore } from '../../src/catalog/restores.js';
import { OrderDirection } from '../../src/domain/page.js';
import { RestoreFailureCode, RestorePhase, RestoreStatus, RestoreOrderField } from '../../src/domain/restore.js';
import type { Restore } from '../../src/domain/restore.js';
import { NOON, sampleLease } from '../support/samples.js';
import { LATER, openForOtherServer } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

function sampleRestore(overrides: Partial<Restore> = {}): Restore {
  return {
    id: randomUUID(),
    status: RestoreStatus.RUNNING,
    project: 'default',
    backupId: randomUUID(),
    backupName: 'nightly',
    targetInstanceId: randomUUID(),
    targetInstanceName: 'shop',
    databases: [{ name: 'orders', restoreAs: 'ordérs "2"' }],
    overwrite: true,
    phase: RestorePhase.QUEUED,
    bytesDone: 0,
    bytesTotal: 5_000_000_000,
    failure: null,
    startedAt: NOON,
    completedAt: null,
    ...overrides,
  };
}

async function insert(catalog: Catalog, overrides: Partial<Restore> = {}, lease = sampleLease()): Promise<Restore> {
  const restore = sampleRestore(overrides);
  await catalog.transaction(({ restores }) => restores.insert(restore, lease));
  return restore;
}

async function end(catalog: Catalog, { id }: Restore, isCleaned = true): Promise<boolean> {
  const failure = { code: RestoreFailureCode.STALLED, message: 'It hung.', occurredAt: LATER };
  const result = { completedAt: LATER, failure, isCleaned };
  return catalog.transaction(({ restores }) => restores.end(id, 'server-a', result));
}

async function complete(catalog: Catalog, { id }: Restore, owner = 'server-a'): Promise<boolean> {
  const result = { completedAt: LATER, failure: null, isCleaned: true };
  return catalog.transaction(({ restores }) => restores.end(id, owner, result));
}

/** Restores, from the first moment to the last. */
export function restoreContract(create: CreateCatalog): void {
  test('are found as they were recorded', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const restore = await insert(catalog);
    const other = await insert(catalog);

    expect(await catalog.restores.find(restore.id)).toEqual(restore);
    expect(await catalog.restores.findMany([other.id, 'none', restore.id, 'a\0b'])).toEqual([
      other,
      null,
      restore,
      null,
    ]);
    expect(await catalog.restores.findMany([])).toEqual([]);
    expect(await catalog.restores.findActive([restore.targetInstanceId, 'none'])).toEqual([restore, null]);
    expect(await catalog.restores.findActive([])).toEqual([]);
    expect(await catalog.restores.findOfBackup(restore.backupId)).toEqual([restore]);
  });

  test('run one at a time to an instance', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const first = await insert(catalog);

    const second = insert(catalog, { targetInstanceId: first.targetInstanceId });

    await expect(second).rejects.toBeInstanceOf(UniqueViolationError);
    await end(catalog, first);
    await expect(insert(catalog, { targetInstanceId: first.targetInstanceId })).resolves.toBeDefined();
  });

  test('report progress only to whoever holds them, and only while they run', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const restore = await insert(catalog);
    const report = (owner: string): Promise<boolean> =>
      catalog.transaction(({ restores }) =>
        restores.setProgress(restore.id, owner, { phase: RestorePhase.LOADING, bytesDone: 3_000_000_000 }),
      );

    expect(await report('server-b')).toBe(false);
    expect(await report('server-a')).toBe(true);
    expect(await catalog.restores.find(restore.id)).toMatchObject({ phase: 'LOADING', bytesDone: 3_000_000_000 });
    await end(catalog, restore);
    expect(await report('server-a')).toBe(false);
  });

  test('end once, for whoever holds them, well or not', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [good, bad] = [await insert(catalog), await insert(catalog)];

    expect(await complete(catalog, good, 'server-b')).toBe(false);
    expect(await complete(catalog, good)).toBe(true);
    expect(await end(catalog, good)).toBe(false);
    expect(await end(catalog, bad)).toBe(true);
    expect(await complete(catalog, bad)).toBe(false);

    const ended = { phase: RestorePhase.DONE, completedAt: LATER };
    const { bytesTotal: bytesDone } = good;
    expect(await catalog.restores.find(good.id)).toEqual({ ...good, ...ended, status: 'COMPLETED', bytesDone });
    expect(await catalog.restores.find(bad.id)).toEqual({
      ...{ ...bad, ...ended, status: 'FAILED' },
      failure: { code: 'STALLED', message: 'It hung.', occurredAt: LATER },
    });
    expect(await catalog.restores.findOfBackup(good.backupId)).toEqual([]);
    expect(await catalog.restores.findActive([good.targetInstanceId])).toEqual([null]);
  });

  test('are taken over only with the lease that was read', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const other = await openForOtherServer(subject);
    const lease = sampleLease();
    const restore = await insert(catalog, {}, lease);
    const take = (by: Catalog, owner: string): Promise<TakenRestore | null> =>
      by.transaction(({ restores }) => restores.takeOver(restore.id, lease, sampleLease(owner, LATER)));

    expect(await catalog.restores.listRunning()).toEqual([{ restore, lease }]);
    const taken = await Promise.all([take(catalog, 'server-b'), take(other, 'server-c')]);

    expect(taken.filter(Boolean)).toHaveLength(1);
    expect(await complete(catalog, restore)).toBe(false);
  });

  test('keep the lease that their holder renews', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [mine, theirs] = [await insert(catalog), await insert(catalog, {}, sampleLease('server-b'))];
    const lease = sampleLease('server-a', new Date(LATER.getTime() + 60_000));

    await catalog.transaction(({ restores }) => restores.renewLeases([mine.id, theirs.id], lease));
    await catalog.transaction(({ restores }) => restores.renewLeases([], lease));

    const leases = new Map((await catalog.restores.listRunning()).map((each) => [each.restore.id, each.lease]));
    expect(leases.get(mine.id)).toEqual(lease);
    expect(leases.get(theirs.id)).toEqual(sampleLease('server-b'));
  });

  test('that have failed are listed until nothing of them is left', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const [left, clean] = [await insert(catalog), await insert(catalog)];
    await end(catalog, left, false);
    await end(catalog, clean);

    expect((await catalog.restores.listUncleaned()).map(({ id }) => id)).toEqual([left.id]);
    await catalog.transaction(({ restores }) => restores.markCleaned(left.id));
    expect(await catalog.restores.listUncleaned()).toEqual([]);
  });

  test('are paged, both ways, and filtered by every field', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const all: Restore[] = [];
    for (let index = 0; index < 7; index += 1) {
      // Three of one moment: the order among them is that of their ids.
      const startedAt = new Date(NOON.getTime() + Math.floor(index / 3) * 1000);
      all.push(await insert(catalog, { startedAt, project: index === 0 ? 'other' : 'default' }));
    }
    const walk = async (direction: OrderDirection): Promise<readonly string[]> => {
      const ids: string[] = [];
      const request: RestorePageRequest = {
        first: 2,
        after: null,
        filter: {},
        orderBy: { field: RestoreOrderField.STARTED_AT, direction },
      };
      for (let after: string | null = null; ;) {
        const page = await catalog.restores.list({ ...request, after });
        ids.push(...page.items.map(({ node }) => node.id));
        if (!page.hasNextPage) return ids;
        after = page.items.at(-1)?.cursor ?? null;
      }
    };

    const ascending = await walk(OrderDirection.ASC);

    expect([...ascending].sort()).toEqual(all.map(({ id }) => id).sort());
    expect(await walk(OrderDirection.DESC)).toEqual([...ascending].reverse());
    const [first] = all;
    const { backupId, targetInstanceId } = first ?? {};
    for (const filter of [{ project: 'other' }, { backupId }, { targetInstanceId }]) {
      expect(await catalog.restores.count(filter)).toBe(1);
    }
    expect(await catalog.restores.count({ status: RestoreStatus.RUNNING })).toBe(7);
    expect(await catalog.restores.count({ status: RestoreStatus.FAILED })).toBe(0);
    expect(await catalog.restores.count({ project: 'a\0b' })).toBe(0);
  });
}

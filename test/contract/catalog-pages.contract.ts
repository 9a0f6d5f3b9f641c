import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { BackupFilter, BackupPageRequest, Catalog } from '../../src/catalog/catalog.js';
import { BackupOrderField, BackupType } from '../../src/domain/backup.js';
import type { Backup } from '../../src/domain/backup.js';
import { InstanceOrderField } from '../../src/domain/instance.js';
import { encodeCursor, OrderDirection } from '../../src/domain/page.js';
import type { Order, Page } from '../../src/domain/page.js';
import { completedBackup, NOON, sampleInstance } from '../support/samples.js';
import { insertBackup } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

const direction = fc.constantFrom(OrderDirection.ASC, OrderDirection.DESC);
const backupOrder: fc.Arbitrary<Order<BackupOrderField>> = fc.record({
  field: fc.constantFrom(BackupOrderField.STARTED_AT, BackupOrderField.NAME),
  direction,
});
const instanceOrder: fc.Arbitrary<Order<InstanceOrderField>> = fc.record({
  field: fc.constantFrom(InstanceOrderField.CREATED_AT, InstanceOrderField.NAME),
  direction,
});
const backupFilter: fc.Arbitrary<BackupFilter> = fc.record(
  {
    project: fc.constantFrom('red', 'blue', 'none'),
    instanceId: fc.constantFrom('i-0', 'i-1'),
    type: fc.constantFrom(BackupType.MANUAL, BackupType.AUTOMATED),
    nameContains: fc.constantFrom('a', 'B', '_', '1'),
    startedAfter: fc.constant(new Date(NOON.getTime() + 1)),
  },
  { requiredKeys: [] },
);
const NEWEST_FIRST: Order<BackupOrderField> = { field: BackupOrderField.STARTED_AT, direction: OrderDirection.DESC };

/** Forty backups, many of which share the millisecond of their start or, in different projects, their name. */
async function seedBackups(catalog: Catalog): Promise<readonly Backup[]> {
  const backups = Array.from({ length: 40 }, (_value, index) =>
    completedBackup({
      name: `${['a', 'B', 'b_', 'A-'][index % 4] ?? ''}${Math.floor(index / 8)}`,
      project: `${['red', 'blue', 'red', 'blue'][index % 4] ?? ''}${index % 8 < 4 ? '' : '2'}`,
      instanceId: `i-${index % 3}`,
      type: index % 5 === 0 ? BackupType.AUTOMATED : BackupType.MANUAL,
      startedAt: new Date(NOON.getTime() + Math.floor(index / 7)),
    }),
  );
  for (const backup of backups) await insertBackup(catalog, backup);
  return backups;
}

function matches(backup: Backup, filter: BackupFilter): boolean {
  return (
    (filter.project === undefined || backup.project === filter.project) &&
    (filter.instanceId === undefined || backup.instanceId === filter.instanceId) &&
    (filter.type === undefined || backup.type === filter.type) &&
    (filter.nameContains === undefined || backup.name.toLowerCase().includes(filter.nameContains.toLowerCase())) &&
    (filter.startedAfter === undefined || backup.startedAt >= filter.startedAfter)
  );
}

interface Sortable {
  readonly id: string;
  readonly name: string;
}

function sorted<T extends Sortable>(items: readonly T[], order: Order<string>, dateOf: (item: T) => Date): string[] {
  const keyOf = (item: T): string | number => (order.field === 'NAME' ? item.name : dateOf(item).getTime());
  const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
  const ascending = [...items].sort((a, b) => compare(keyOf(a), keyOf(b)) || compare(a.id, b.id));
  return (order.direction === OrderDirection.ASC ? ascending : ascending.reverse()).map(({ id }) => id);
}

/** Walks all pages from the first, each in the size that comes next. */
async function walk<T extends Sortable>(
  sizes: readonly number[],
  list: (first: number, after: string | null) => Promise<Page<T>>,
): Promise<string[]> {
  const ids: string[] = [];
  let after: string | null = null;
  for (let round = 0; ; round += 1) {
    const first = sizes[round % sizes.length] ?? 1;
    const page: Page<T> = await list(first, after);
    expect(page.items.length).toBeLessThanOrEqual(first);
    ids.push(...page.items.map(({ node }) => node.id));
    if (!page.hasNextPage) return ids;
    expect(page.items).toHaveLength(first);
    after = page.items.at(-1)?.cursor ?? null;
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 45 }), { minLength: 1, maxLength: 4 });

export function pageContract(create: CreateCatalog): void {
  test('of backups, walked in any size, order and filter, give every one once and in order', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const seeded = await seedBackups(catalog);
    await fc.assert(
      fc.asyncProperty(sizes, backupOrder, backupFilter, async (...[pageSizes, orderBy, filter]) => {
        const expected = seeded.filter((backup) => matches(backup, filter));
        const walked = await walk(pageSizes, (first, after) => catalog.backups.list({ first, after, filter, orderBy }));
        expect(walked).toEqual(sorted(expected, orderBy, ({ startedAt }) => startedAt));
        expect(await catalog.backups.count(filter)).toBe(expected.length);
      }),
      { numRuns: 60 },
    );
  });

  test('of instances, walked in any size and order, give every one once and in order', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const seeded = Array.from({ length: 30 }, (_value, index) =>
      sampleInstance({
        name: `${['x', 'X', 'y-', 'y_'][index % 4] ?? ''}${Math.floor(index / 8)}`,
        project: index % 8 < 4 ? 'red' : 'blue',
        createdAt: new Date(NOON.getTime() + (index % 3)),
      }),
    );
    await catalog.transaction(async ({ instances }) => {
      for (const instance of seeded) await instances.insert(instance, { sealedUrl: 'sealed', checkDueAt: NOON });
    });
    await fc.assert(
      fc.asyncProperty(sizes, instanceOrder, fc.option(fc.constant('red')), async (pageSizes, orderBy, project) => {
        const filter = project === null ? {} : { project };
        const expected = seeded.filter((instance) => project === null || instance.project === project);
        const walked = await walk(pageSizes, (first, after) =>
          catalog.instances.list({ first, after, filter, orderBy }),
        );
        expect(walked).toEqual(sorted(expected, orderBy, ({ createdAt }) => createdAt));
      }),
      { numRuns: 40 },
    );
  });

  test('of the backups of many instances are those of each instance', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await seedBackups(catalog);
    const instanceIds = ['i-2', 'nobody', 'i-0', 'i-1'];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20 }), backupOrder, backupFilter, async (first, orderBy, filter) => {
        const { instanceId: _instanceId, ...others } = filter;
        const whole = await catalog.backups.list({ first: 100, after: null, filter: {}, orderBy });
        for (const after of [null, whole.items[13]?.cursor ?? null]) {
          const request: BackupPageRequest = { first, after, filter: others, orderBy };
          const pages = await catalog.backups.listByInstance(instanceIds, request);
          const singly = instanceIds.map((instanceId) =>
            catalog.backups.list({ ...request, filter: { ...others, instanceId } }),
          );
          expect(pages).toEqual(await Promise.all(singly));
        }
      }),
      { numRuns: 30 },
    );
  });

  test('of the backups of a hundred instances are read at once', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await seedBackups(catalog);
    const instanceIds = Array.from({ length: 100 }, (_value, index) => `i-${index}`);
    const pages = await catalog.backups.listByInstance(instanceIds, {
      first: 100,
      after: null,
      filter: {},
      orderBy: NEWEST_FIRST,
    });
    expect(pages.map(({ items }) => items.length).slice(0, 4)).toEqual([14, 13, 13, 0]);
    expect(
      await catalog.backups.listByInstance([], { first: 5, after: null, filter: {}, orderBy: NEWEST_FIRST }),
    ).toEqual([]);
  });

  test('stay in place when rows are added and removed before them', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const seeded = await seedBackups(catalog);
    const list = async (first: number, after: string | null): Promise<Page<Backup>> =>
      catalog.backups.list({ first, after, filter: {}, orderBy: NEWEST_FIRST });
    const firstPage = await list(10, null);
    await insertBackup(catalog, completedBackup({ startedAt: new Date(NOON.getTime() + 9999) }));
    const rest = await list(100, firstPage.items.at(-1)?.cursor ?? null);
    const ids = [...firstPage.items, ...rest.items].map(({ node }) => node.id);
    expect(ids).toEqual(sorted(seeded, NEWEST_FIRST, ({ startedAt }) => startedAt));
  });

  test('after a cursor of another order, or a made-up one, are refused as bad input', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const position = { key: 'name', id: 'id' };
    const cursors = [
      encodeCursor({ field: 'NAME', direction: OrderDirection.DESC }, position),
      encodeCursor({ field: 'STARTED_AT', direction: OrderDirection.ASC }, { key: 1, id: 'id' }),
      encodeCursor(NEWEST_FIRST, position),
      '',
      'garbage',
      '0',
      '%%%',
      'W10',
    ];
    for (const after of cursors) {
      const request = { first: 5, after, filter: {}, orderBy: NEWEST_FIRST };
      const refusal = { code: 'BAD_USER_INPUT', details: { fields: [{ path: 'after' }] } };
      await expect(catalog.backups.list(request)).rejects.toMatchObject(refusal);
      await expect(catalog.backups.listByInstance(['i-0'], request)).rejects.toMatchObject(refusal);
      const orderBy = { field: InstanceOrderField.CREATED_AT, direction: OrderDirection.DESC } as const;
      await expect(catalog.instances.list({ first: 5, after, filter: {}, orderBy })).rejects.toMatchObject(refusal);
    }
  });

  test('after a forged cursor of the right form are pages, never an error of the database', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await seedBackups(catalog);
    const byName: Order<BackupOrderField> = { field: BackupOrderField.NAME, direction: OrderDirection.ASC };
    const text = fc.string({ unit: 'binary' });
    await fc.assert(
      fc.asyncProperty(text, text, fc.maxSafeInteger(), async (key, id, time) => {
        const names = { first: 5, after: encodeCursor(byName, { key, id }), filter: {}, orderBy: byName };
        const times = { ...names, after: encodeCursor(NEWEST_FIRST, { key: time, id }), orderBy: NEWEST_FIRST };
        await catalog.backups.list(names);
        await catalog.backups.listByInstance(['i-0', 'i-1'], times);
      }),
      { numRuns: 50 },
    );
  });
}

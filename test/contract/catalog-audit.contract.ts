import { expect, test } from 'vitest';
import { AuditAction, AuditOutcome, AuditEventOrderField } from '../../src/domain/audit.js';
import type { NewAuditEvent } from '../../src/domain/audit.js';
import { OrderDirection } from '../../src/domain/page.js';
import type { AuditFilter } from '../../src/catalog/audit-log.js';
import type { Catalog } from '../../src/catalog/catalog.js';
import { NOON } from '../support/samples.js';
import { LATER } from './catalog-subject.js';
import type { CreateCatalog } from './catalog-subject.js';

function sampleEvent(overrides: Partial<NewAuditEvent> = {}): NewAuditEvent {
  return {
    ...{ action: AuditAction.CREATE_BACKUP, outcome: AuditOutcome.ACCEPTED, occurredAt: NOON, caller: 'alice' },
    ...overrides,
  };
}

async function append(catalog: Catalog, ...events: readonly NewAuditEvent[]): Promise<void> {
  await catalog.transaction(({ auditLog }) => auditLog.append(...events));
}

async function detailsOf(catalog: Catalog, filter: AuditFilter = {}): Promise<readonly (string | null)[]> {
  const orderBy = { field: AuditEventOrderField.OCCURRED_AT, direction: OrderDirection.ASC };
  const { items } = await catalog.auditLog.list({ first: 100, after: null, filter, orderBy });
  return items.map(({ node }) => node.details);
}

/** The audit log, which only grows. */
export function auditContract(create: CreateCatalog): void {
  test('gives events back as they were written, in their order', async () => {
    await using subject = await create();
    const { catalog } = subject;
    const full = sampleEvent({
      ...{ outcome: AuditOutcome.REFUSED, code: 'BACKUP_NOT_FOUND', requestId: 'req-1', details: 'Nothing is there.' },
      ...{ instanceId: 'i-1', backupId: 'b-1', restoreId: 'r-1' },
    });

    await append(catalog, full, sampleEvent());

    const orderBy = { field: AuditEventOrderField.OCCURRED_AT, direction: OrderDirection.ASC };
    const { items } = await catalog.auditLog.list({ first: 10, after: null, filter: {}, orderBy });
    const none = { code: null, requestId: null, details: null, instanceId: null, backupId: null, restoreId: null };
    expect(items.map(({ node }) => node)).toEqual([
      { id: expect.stringMatching(/^\d+$/), ...full },
      { id: expect.stringMatching(/^\d+$/), ...none, ...sampleEvent() },
    ]);
  });

  test('takes what callers have made up: NULs, and texts without an end', async () => {
    await using subject = await create();
    const { catalog } = subject;

    await append(
      catalog,
      sampleEvent({ backupId: 'a\0b', details: 'nul \0' }),
      sampleEvent({ details: 'x'.repeat(1_000_000) }),
    );

    const [nul, long] = await detailsOf(catalog);
    expect(nul).toBe('nul \uFFFD');
    expect(long).toHaveLength(10_000);
  });

  test('filters by every field', async () => {
    await using subject = await create();
    const { catalog } = subject;
    await append(
      catalog,
      sampleEvent({ details: 'action', action: AuditAction.DELETE_BACKUP }),
      sampleEvent({ details: 'outcome', outcome: AuditOutcome.FAILED }),
      sampleEvent({ details: 'caller', caller: 'bob' }),
      sampleEvent({ details: 'instance', instanceId: 'i-1' }),
      sampleEvent({ details: 'backup', backupId: 'b-1' }),
      sampleEvent({ details: 'later', occurredAt: LATER }),
    );

    expect(await detailsOf(catalog, { action: AuditAction.DELETE_BACKUP })).toEqual(['action']);
    expect(await detailsOf(catalog, { outcome: AuditOutcome.FAILED })).toEqual(['outcome']);
    expect(await detailsOf(catalog, { caller: 'bob' })).toEqual(['caller']);
    expect(await detailsOf(catalog, { instanceId: 'i-1' })).toEqual(['instance']);
    expect(await detailsOf(catalog, { backupId: 'b-1' })).toEqual(['backup']);
    expect(await detailsOf(catalog, { occurredAfter: LATER })).toEqual(['later']);
    expect(await detailsOf(catalog, { occurredBefore: LATER })).toHaveLength(5);
    expect(await catalog.auditLog.count({})).toBe(6);
    expect(await catalog.auditLog.count({ caller: 'bob', outcome: AuditOutcome.FAILED })).toBe(0);
  });

  test('is written with what it tells of, or not at all', async () => {
    await using subject = await create();
    const { catalog } = subject;

    const broken = catalog.transaction(async ({ auditLog }) => {
      await auditLog.append(sampleEvent());
      throw new Error('broken');
    });

    await expect(broken).rejects.toThrow('broken');
    expect(await catalog.auditLog.count({})).toBe(0);
  });

  test.each([
    "UPDATE audit_events SET caller = 'mallory'",
    'UPDATE audit_events SET details = NULL WHERE id = 1',
    'DELETE FROM audit_events',
    'DELETE FROM audit_events WHERE id = 1',
  ])('cannot be changed, not even by hand: %s', async (statement) => {
    await using subject = await create();
    await append(subject.catalog, sampleEvent({ details: 'kept' }));

    await expect(subject.sql(statement)).rejects.toThrow('audit events are only ever added');

    expect(await detailsOf(subject.catalog)).toEqual(['kept']);
  });
}

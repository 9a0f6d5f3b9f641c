import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { AuditEvent, NewAuditEvent } from '../domain/audit.js';
import type { Page } from '../domain/page.js';
import type { AuditFilter, AuditPageRequest, AuditWriter } from './audit-log.js';
import { applyKeyset, toPage, withoutNul } from './keyset.js';
import type { SortKey } from './keyset.js';
import { toAuditEvent, toAuditRow } from './rows.js';
import { AuditEventSchema } from './schemas.js';
import type { AuditEventRow } from './schemas.js';

/** By the id, which grows with the time: events of one moment keep their order. */
const BY_ID: SortKey<AuditEventRow> = { column: 'id', type: 'number', valueOf: (row) => row.id };

export class AuditRepository implements AuditWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async list(request: AuditPageRequest): Promise<Page<AuditEvent>> {
    const query = this.#filtered(request.filter);
    applyKeyset(query, BY_ID, request);
    return toPage(await query.getMany(), { sortKey: BY_ID, request, toNode: toAuditEvent });
  }

  async count(filter: AuditFilter): Promise<number> {
    return this.#filtered(filter).getCount();
  }

  async append(...events: readonly NewAuditEvent[]): Promise<void> {
    await this.#manager.insert(AuditEventSchema, events.map(toAuditRow));
  }

  #filtered(filter: AuditFilter): SelectQueryBuilder<AuditEventRow> {
    const query = this.#manager.createQueryBuilder(AuditEventSchema, 'a');
    for (const field of ['action', 'outcome', 'caller', 'instanceId', 'backupId'] as const) {
      const value = filter[field];
      if (value !== undefined) query.andWhere(`a.${field} = :${field}`, { [field]: withoutNul(value) });
    }
    const { occurredAfter, occurredBefore } = filter;
    if (occurredAfter !== undefined) {
      query.andWhere('a.occurred_at >= :occurredAfter', { occurredAfter: occurredAfter.getTime() });
    }
    if (occurredBefore !== undefined) {
      query.andWhere('a.occurred_at < :occurredBefore', { occurredBefore: occurredBefore.getTime() });
    }
    return query;
  }
}

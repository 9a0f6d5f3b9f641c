import type { AuditAction, AuditEvent, AuditEventOrderField, AuditOutcome, NewAuditEvent } from '../domain/audit.js';
import type { Page, PageRequest } from '../domain/page.js';

export interface AuditFilter {
  readonly action?: AuditAction | undefined;
  readonly outcome?: AuditOutcome | undefined;
  readonly caller?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly backupId?: string | undefined;
  /** Inclusive. */
  readonly occurredAfter?: Date | undefined;
  /** Exclusive. */
  readonly occurredBefore?: Date | undefined;
}

export type AuditPageRequest = PageRequest<AuditFilter, AuditEventOrderField>;

export interface AuditReader {
  /** One statement. @throws DomainError BAD_USER_INPUT on a cursor that is not one of this order. */
  list(request: AuditPageRequest): Promise<Page<AuditEvent>>;
  count(filter: AuditFilter): Promise<number>;
}

/** The database itself refuses to change or remove an event. */
export interface AuditWriter extends AuditReader {
  append(...events: readonly NewAuditEvent[]): Promise<void>;
}

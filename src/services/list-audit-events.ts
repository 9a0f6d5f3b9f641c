import type { AuditFilter, AuditPageRequest } from '../catalog/audit-log.js';
import type { Catalog } from '../catalog/catalog.js';
import type { AuditEvent } from '../domain/audit.js';
import type { Caller } from '../domain/caller.js';
import type { Page } from '../domain/page.js';

/** What callers may see of the audit log. */
export class ListAuditEvents {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** @throws DomainError BAD_USER_INPUT on a foreign cursor */
  async list(_caller: Caller, request: AuditPageRequest): Promise<Page<AuditEvent>> {
    return this.#catalog.auditLog.list(request);
  }

  async count(_caller: Caller, filter: AuditFilter): Promise<number> {
    return this.#catalog.auditLog.count(filter);
  }
}

import { AuditTrail } from './audit-trail.js';

/**
 * For what a policy tries: a refused try is tried again every minute, and only the window that has passed without its backup
 * is worth an event.
 */
export class PolicyAuditTrail extends AuditTrail {
  override async attempt<T>(_caller: unknown, _subject: unknown, work: () => Promise<T>): Promise<T> {
    return work();
  }
}

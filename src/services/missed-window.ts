import type { BackupPolicyChanges } from '../catalog/backup-policies.js';
import type { CatalogWriters } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import type { MissedWindow } from '../domain/policy-window.js';
import type { AuditTrail } from './audit-trail.js';

/** Whose name the backups of policies carry in the audit log. */
export const POLICY_CALLER = 'backup-policy';

interface MissDeps {
  readonly audit: AuditTrail;
  readonly newId: () => string;
}

/** What a policy says of a window that it has missed. */
export function toMissedChanges({ startsAt, reason }: MissedWindow): BackupPolicyChanges {
  return { lastMissedAt: startsAt, lastMissedReason: reason };
}

/**
 * Writes down that a window has passed without its backup, as part of the transaction that goes on to the next; that it is
 * an event of the instance is to be published after it.
 */
export async function appendMissed(
  { instances, auditLog }: CatalogWriters,
  missed: MissedWindow & { readonly instanceId: string },
  { audit, newId }: MissDeps,
): Promise<void> {
  const { instanceId, startsAt, reason } = missed;
  const caller = { name: POLICY_CALLER, requestId: newId() };
  const details = `No backup in the window from ${startsAt.toISOString()}. ${reason}`;
  const event = audit.event(caller, { action: AuditAction.CREATE_BACKUP, instanceId, details }, AuditOutcome.FAILED);
  await auditLog.append({ ...event, code: 'WINDOW_MISSED' });
  await instances.note({ instanceId, reason: details, at: event.occurredAt });
}

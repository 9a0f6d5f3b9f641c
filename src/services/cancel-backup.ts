import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import { BackupFailureCode, BackupStatus } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import { DomainError } from '../domain/errors.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';

/** How long a caller may wait for the end of a backup that was cancelled. */
const ANSWER_WITHIN_MS = 5000;

interface CancelBackupDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly logger: Logger;
  readonly audit: AuditTrail;
}

/**
 * Cancels a backup, whichever server works on it. That is decided in the catalog: from then on the backup can only become
 * FAILED, also when its server dies the next moment.
 */
export class CancelBackup {
  readonly #deps: CancelBackupDeps;

  constructor(deps: CancelBackupDeps) {
    this.#deps = deps;
  }

  /**
   * Answers once the backup has ended, or after 5 s with the backup still BUILDING. Cancelling again is fine.
   * @throws DomainError BACKUP_NOT_FOUND, BACKUP_NOT_CANCELLABLE
   */
  async cancel(caller: Caller, backupId: string): Promise<Backup> {
    const subject = { action: AuditAction.CANCEL_BACKUP, backupId };
    return this.#deps.audit.attempt(caller, subject, () => this.#cancel(caller, backupId));
  }

  async #cancel(caller: Caller, backupId: string): Promise<Backup> {
    const { catalog, feed, logger, audit } = this.#deps;
    const { name, instanceId, instanceName } = await this.#get(backupId);
    const details = `Backup ${name} of instance ${instanceName}.`;
    const subject = { action: AuditAction.CANCEL_BACKUP, backupId, instanceId, details };
    const isCancelled = await catalog.transaction(async ({ backups, auditLog }) => {
      if (!(await backups.cancel(backupId))) return false;
      await auditLog.append(audit.event(caller, subject));
      return true;
    });
    if (isCancelled) logger.info({ reqId: caller.requestId, caller: caller.name, backupId }, 'backup cancelled');
    // Also if it was cancelled before: whoever was to hear of that may not have.
    feed.publish({ kind: 'cancel', backupId });
    const backup = await this.#waitForEnd(backupId);
    const { status, failure } = backup;
    if (status === BackupStatus.BUILDING || failure?.code === BackupFailureCode.CANCELLED) return backup;
    throw new DomainError('BACKUP_NOT_CANCELLABLE', { backupId, status });
  }

  async #waitForEnd(backupId: string): Promise<Backup> {
    let wake: () => void = () => undefined;
    const unsubscribe = this.#deps.feed.subscribe((change) => {
      if (change.kind === 'missed' || (change.kind === 'backup' && change.backupId === backupId)) wake();
    });
    const expiry = AbortSignal.timeout(ANSWER_WITHIN_MS);
    expiry.addEventListener('abort', () => {
      wake();
    });
    try {
      for (;;) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const backup = await this.#get(backupId);
        if (backup.status !== BackupStatus.BUILDING || expiry.aborted) return backup;
        await changed;
      }
    } finally {
      unsubscribe();
    }
  }

  async #get(backupId: string): Promise<Backup> {
    const backup = await this.#deps.catalog.backups.find(backupId);
    if (backup === null) throw new DomainError('BACKUP_NOT_FOUND', { backupId });
    return backup;
  }
}

import type { Catalog } from '../catalog/catalog.js';
import type { EndedRestore } from '../catalog/restores.js';
import { AuditAction } from '../domain/audit.js';
import { InstanceStatus } from '../domain/instance.js';
import type { Restore } from '../domain/restore.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';

interface ConcludeRestoreDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly audit: AuditTrail;
  /** Lease owner in whose name restores are concluded. */
  readonly serverId: string;
}

/** Ends a RUNNING restore, and gives its target back in the same transaction. */
export class ConcludeRestore {
  readonly #deps: ConcludeRestoreDeps;

  constructor(deps: ConcludeRestoreDeps) {
    this.#deps = deps;
  }

  /**
   * False, and nothing touched, when the restore was lost to another server, or had ended already.
   * @param abnormalReason why the target cannot be used any more; null = it is AVAILABLE again
   */
  async end(restore: Restore, result: EndedRestore, abnormalReason: string | null = null): Promise<boolean> {
    const { catalog, feed, audit, serverId } = this.#deps;
    const { id: restoreId, backupId, backupName, targetInstanceId: instanceId } = restore;
    const { failure, completedAt } = result;
    const outcome = failure === null ? 'is restored.' : `could not be restored. ${failure.message}`;
    const isDone = await catalog.transaction(async ({ restores, instances, auditLog }) => {
      if (!(await restores.end(restoreId, serverId, result))) return false;
      await instances.changeStatus({
        instanceId,
        from: InstanceStatus.RESTORING,
        to: abnormalReason === null ? InstanceStatus.AVAILABLE : InstanceStatus.ABNORMAL,
        reason: abnormalReason ?? `Backup ${backupName} ${outcome}`,
        backupId,
        at: completedAt,
      });
      const subject = { action: AuditAction.RESTORE_BACKUP, restoreId, backupId, instanceId };
      const details = `Backup ${backupName} to instance ${restore.targetInstanceName}: it ${outcome}`;
      await auditLog.append(audit.end({ ...subject, details }, failure?.code ?? null));
      return true;
    });
    if (isDone) {
      feed.publish({ kind: 'status' });
      feed.publish({ kind: 'restore', restoreId });
    }
    return isDone;
  }
}

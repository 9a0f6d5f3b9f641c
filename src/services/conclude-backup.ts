import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { Catalog, CompletedBackup, StatusTransition } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import type { Backup, BackupFailure } from '../domain/backup.js';
import { InstanceStatus } from '../domain/instance.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditSubject, AuditTrail } from './audit-trail.js';
import { untilStopped } from './stoppable.js';
import { cancelled, toFailure } from './to-failure.js';

interface ConcludeBackupDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly feed: StatusFeed;
  readonly audit: AuditTrail;
  /** Lease owner in whose name backups are concluded. */
  readonly serverId: string;
  /** Files of a failed backup could not be removed; they are tried again later. */
  readonly onLeftover: (backup: Backup, error: unknown) => void;
  /** The backup, as the catalog has it now that it ended. */
  readonly onEnded: (backup: Backup) => void;
}

/** Ends a BUILDING backup, and gives its instance back in the same transaction. */
export class ConcludeBackup {
  readonly #deps: ConcludeBackupDeps;

  constructor(deps: ConcludeBackupDeps) {
    this.#deps = deps;
  }

  /** The manifest is in the store by now. False when the backup was lost to another server, or had ended already. */
  async complete(backup: Backup, result: CompletedBackup): Promise<boolean> {
    const { catalog, serverId, audit } = this.#deps;
    const isDone = await catalog.transaction(async ({ backups, instances, auditLog }) => {
      if (!(await backups.complete(backup.id, serverId, result))) return false;
      await instances.changeStatus({
        ...toAvailable(backup),
        reason: `Backup ${backup.name} is completed.`,
        at: result.completedAt,
      });
      await auditLog.append(audit.end(toSubject(backup), null));
      return true;
    });
    if (isDone) await this.#announce(backup);
    return isDone;
  }

  /**
   * Leaves no artifact behind. False, and nothing touched, when the backup was lost to another server, or had ended
   * already: it may be COMPLETED by then. The decision is written down before the first file goes, so that nobody who
   * takes the backup over in between can complete it.
   * A backup that a user has cancelled fails for that reason, whatever else has befallen it.
   * @param abnormalReason why the instance cannot be used any more; null = it is AVAILABLE again
   */
  async fail(backup: Backup, cause: BackupFailure, abnormalReason: string | null = null): Promise<boolean> {
    const { catalog, serverId, audit } = this.#deps;
    if (!(await catalog.transaction(({ backups }) => backups.condemn(backup.id, serverId)))) return false;
    const [cancelledId] = await catalog.backups.findCancelled([backup.id]);
    const failure = cancelledId === undefined ? cause : toFailure(cancelled(), cause.occurredAt);
    const isCleaned = await this.#clean(backup);
    const isDone = await catalog.transaction(async ({ backups, instances, auditLog }) => {
      if (!(await backups.fail(backup.id, serverId, { failure, isCleaned }))) return false;
      await instances.changeStatus({
        ...toAvailable(backup),
        ...(abnormalReason === null ? {} : { to: InstanceStatus.ABNORMAL }),
        reason: abnormalReason ?? `Backup ${backup.name} has failed. ${failure.message}`,
        at: failure.occurredAt,
      });
      await auditLog.append(audit.end(toSubject(backup), failure.code));
      return true;
    });
    if (isDone) await this.#announce(backup);
    return isDone;
  }

  /** Tries again to remove what failed backups have left in the store. */
  async cleanLeftovers(): Promise<void> {
    const { catalog } = this.#deps;
    for (const backup of await catalog.backups.listUncleaned()) {
      if (await this.#clean(backup)) await catalog.transaction(({ backups }) => backups.markCleaned(backup.id));
    }
  }

  async #clean(backup: Backup): Promise<boolean> {
    try {
      // A store that hangs must not keep the instance: what it leaves undone is tried again later.
      const removing = this.#deps.store.remove({ project: backup.project, backupId: backup.id });
      await untilStopped(removing, AbortSignal.abort());
      return true;
    } catch (error) {
      this.#deps.onLeftover(backup, error);
      return false;
    }
  }

  async #announce({ id }: Backup): Promise<void> {
    const { catalog, feed, onEnded } = this.#deps;
    feed.publish({ kind: 'status' });
    feed.publish({ kind: 'backup', backupId: id });
    const ended = await catalog.backups.find(id);
    if (ended !== null) onEnded(ended);
  }
}

function toAvailable({ instanceId, id }: Backup): Omit<StatusTransition, 'reason' | 'at'> {
  return { instanceId, backupId: id, from: InstanceStatus.BACKING_UP, to: InstanceStatus.AVAILABLE };
}

function toSubject({ id: backupId, instanceId, name, instanceName }: Backup): AuditSubject {
  const details = `Backup ${name} of instance ${instanceName}.`;
  return { action: AuditAction.CREATE_BACKUP, backupId, instanceId, details };
}

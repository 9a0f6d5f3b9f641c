import { setTimeout as delay } from 'node:timers/promises';
import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import { RecordKind } from '../domain/deleted-record.js';
import { DomainError, isDomainError } from '../domain/errors.js';
import { VerificationStatus } from '../domain/verification.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditSubject, AuditTrail } from './audit-trail.js';
import type { Recoverable } from './recovery.js';
import { untilStopped } from './stoppable.js';

/** How long removing the files of one backup may take before it is left for later. */
const REMOVE_TIMEOUT_MS = 600_000;
/** Backups whose files are removed side by side: an instance may leave thousands. */
const MAX_CONCURRENT_REMOVALS = 8;

interface DeleteBackupsDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly logger: Logger;
}

/** What came of the wish to delete one backup. */
export interface DeleteResult {
  readonly backupId: string;
  /** Null when it is being deleted. */
  readonly error: DomainError | null;
}

/** Deletes backups: DELETING at once, their files in the background, then gone. A crash in between only delays that. */
export class DeleteBackups implements Recoverable {
  readonly #deps: DeleteBackupsDeps;
  /** Backups whose files are being removed here. */
  readonly #underWay = new Set<string>();
  readonly #queue = new PQueue({ concurrency: MAX_CONCURRENT_REMOVALS });

  constructor(deps: DeleteBackupsDeps) {
    this.#deps = deps;
  }

  /** Each by itself, in the order of the ids: one that cannot be deleted keeps no other. */
  async delete(caller: Caller, backupIds: readonly string[]): Promise<readonly DeleteResult[]> {
    const results: DeleteResult[] = [];
    for (const backupId of backupIds) {
      try {
        await this.#deleteOne(caller, backupId);
        results.push({ backupId, error: null });
      } catch (error) {
        if (!isDomainError(error)) throw error;
        results.push({ backupId, error });
      }
    }
    return results;
  }

  /**
   * Begins to delete a backup, as part of a transaction; `removeFiles` is to be called after it.
   * @throws DomainError BACKUP_NOT_DELETABLE when it is being created, restored or verified, or deleted already
   */
  async begin(writers: CatalogWriters, { id: backupId }: Backup): Promise<void> {
    const { backups, restores, verifications } = writers;
    const isBegun = await backups.beginDelete(backupId);
    const now = await backups.find(backupId);
    if (now === null) throw new DomainError('BACKUP_NOT_FOUND', { backupId });
    if (!isBegun) {
      const obstacle = now.status === BackupStatus.BUILDING ? 'BUILDING' : 'DELETING';
      throw new DomainError('BACKUP_NOT_DELETABLE', { backupId, obstacle });
    }
    // Asked after the row is ours: whoever begins to use it holds it first.
    if ((await restores.findOfBackup(backupId)).length > 0) {
      throw new DomainError('BACKUP_NOT_DELETABLE', { backupId, obstacle: 'BEING_RESTORED' });
    }
    const [verification = null] = await verifications.findMany([backupId]);
    if (verification?.status === VerificationStatus.RUNNING) {
      throw new DomainError('BACKUP_NOT_DELETABLE', { backupId, obstacle: 'BEING_VERIFIED' });
    }
  }

  /** Removes the files of a backup that is DELETING, then the backup. Returns at once. */
  removeFiles(backup: Backup): void {
    if (this.#underWay.has(backup.id)) return;
    this.#underWay.add(backup.id);
    void this.#queue.add(async () => {
      try {
        await this.#remove(backup);
      } catch (error) {
        this.#deps.logger.error({ err: error, backupId: backup.id }, 'backup cannot be removed yet; it is tried again');
      } finally {
        this.#underWay.delete(backup.id);
      }
    });
  }

  /** Whatever is DELETING, whoever began it: removing twice is as good as once. */
  async recover(): Promise<void> {
    for (const backup of await this.#deps.catalog.backups.listDeleting()) this.removeFiles(backup);
  }

  /** Begins no more removals, and gives those under way so long to end. What is left is finished after the next start. */
  async drain(graceMs: number): Promise<void> {
    this.#queue.clear();
    const ended = new AbortController();
    const expired = delay(graceMs, undefined, { signal: ended.signal }).catch(() => undefined);
    await Promise.race([this.#queue.onIdle(), expired]);
    ended.abort();
  }

  async #deleteOne(caller: Caller, backupId: string): Promise<void> {
    const { catalog, audit, feed, logger } = this.#deps;
    const backup = await audit.attempt(caller, { action: AuditAction.DELETE_BACKUP, backupId }, async () => {
      const found = await catalog.backups.find(backupId);
      if (found === null) throw new DomainError('BACKUP_NOT_FOUND', { backupId });
      // Of an instance that is gone no policy will ever remove it.
      if (found.type === BackupType.AUTOMATED && (await catalog.instances.find(found.instanceId)) !== null) {
        throw new DomainError('BACKUP_NOT_DELETABLE', { backupId, obstacle: 'AUTOMATED' });
      }
      await catalog.transaction(async (writers) => {
        await this.begin(writers, found);
        await writers.auditLog.append(audit.event(caller, toSubject(found), AuditOutcome.ACCEPTED));
      });
      return found;
    });
    logger.info({ reqId: caller.requestId, caller: caller.name, backupId }, 'backup is being deleted');
    feed.publish({ kind: 'backup', backupId });
    this.removeFiles(backup);
  }

  async #remove(backup: Backup): Promise<void> {
    const { catalog, store, audit, feed, logger } = this.#deps;
    const { id: backupId, project } = backup;
    await untilStopped(store.remove({ project, backupId }), AbortSignal.timeout(REMOVE_TIMEOUT_MS));
    const isRemoved = await catalog.transaction(async ({ backups, auditLog }) => {
      if (!(await backups.remove(backupId))) return false;
      await auditLog.append(audit.end(toSubject(backup), null));
      return true;
    });
    if (!isRemoved) return;
    logger.info({ backupId }, 'backup is deleted');
    feed.publish({ kind: 'deleted', record: { kind: RecordKind.BACKUP, id: backupId } });
  }
}

function toSubject({ id: backupId, instanceId, name, instanceName }: Backup): AuditSubject {
  const details = `Backup ${name} of instance ${instanceName}.`;
  return { action: AuditAction.DELETE_BACKUP, backupId, instanceId, details };
}

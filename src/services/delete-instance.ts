import type { Logger } from 'pino';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import { BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import { RecordKind } from '../domain/deleted-record.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { DeleteBackups } from './delete-backups.js';
import { assertIdle, getInstance } from './instance-refusal.js';

interface DeleteInstanceDeps {
  readonly catalog: Catalog;
  readonly deleteBackups: DeleteBackups;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly logger: Logger;
}

export interface DeletedInstance {
  readonly instanceId: string;
  /** Backups that go with it. */
  readonly deletedAutomatedBackups: number;
  /** Manual backups that stay (source document, "Scenarios"). */
  readonly retainedManualBackups: number;
}

/** Takes an instance out of the service: its automated backups go with it, its manual ones stay. */
export class DeleteInstance {
  readonly #deps: DeleteInstanceDeps;

  constructor(deps: DeleteInstanceDeps) {
    this.#deps = deps;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND, BACKUP_IN_PROGRESS, INSTANCE_NOT_AVAILABLE, BACKUP_NOT_DELETABLE */
  async delete(caller: Caller, instanceId: string): Promise<DeletedInstance> {
    const { catalog, deleteBackups, audit, feed, logger } = this.#deps;
    const subject = { action: AuditAction.DELETE_INSTANCE, instanceId };
    const { automated, retained } = await audit.attempt(caller, subject, () =>
      catalog.transaction(async (writers) => {
        const { name } = await this.#claim(writers, instanceId);
        const removed = await this.#removeAutomated(writers, instanceId);
        const left = await writers.backups.count({ instanceId, type: BackupType.MANUAL });
        const details = `Instance ${name}, with ${removed.length.toString()} automated backups; ${left.toString()} manual ones stay.`;
        await writers.auditLog.append(audit.event(caller, { ...subject, details }));
        return { automated: removed, retained: left };
      }),
    );
    logger.info({ reqId: caller.requestId, caller: caller.name, instanceId }, 'instance deleted');
    feed.publish({ kind: 'deleted', record: { kind: RecordKind.INSTANCE, id: instanceId } });
    for (const backup of automated) {
      feed.publish({ kind: 'backup', backupId: backup.id });
      deleteBackups.removeFiles(backup);
    }
    return { instanceId, deletedAutomatedBackups: automated.length, retainedManualBackups: retained };
  }

  /** Removing it first makes it ours: no operation can begin in it any more. */
  async #claim(writers: CatalogWriters, instanceId: string): Promise<{ readonly name: string }> {
    for (;;) {
      const instance = await getInstance(writers, instanceId);
      await assertIdle(writers, instance, 'DELETE_INSTANCE');
      if (await writers.instances.remove(instanceId)) return instance;
    }
  }

  async #removeAutomated(writers: CatalogWriters, instanceId: string): Promise<readonly Backup[]> {
    const backups = await writers.backups.listAutomated(instanceId);
    const staying = backups.filter(({ status }) => status !== BackupStatus.DELETING);
    for (const backup of staying) await this.#deps.deleteBackups.begin(writers, backup);
    return staying;
  }
}

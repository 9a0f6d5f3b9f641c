import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupStatus } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { DomainError } from '../domain/errors.js';
import { VerificationLevel, VerificationStatus } from '../domain/verification.js';
import type { Verification } from '../domain/verification.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { ProofPlaces } from './proof-places.js';
import type { IsAbandoned, Recoverable } from './recovery.js';
import type { VerificationWork } from './run-verification.js';
import type { WorkRunner } from './work-runner.js';

interface VerifyBackupDeps {
  readonly catalog: Catalog;
  readonly places: ProofPlaces;
  readonly runner: WorkRunner<VerificationWork>;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Begins verifications. One that a crash has left is simply made again: it changes nothing that counts. */
export class VerifyBackup implements Recoverable {
  readonly #deps: VerifyBackupDeps;

  constructor(deps: VerifyBackupDeps) {
    this.#deps = deps;
  }

  /** @throws DomainError BACKUP_NOT_FOUND, BACKUP_NOT_VERIFIABLE, SERVICE_SHUTTING_DOWN */
  async verify(caller: Caller, backupId: string, level: VerificationLevel): Promise<Backup> {
    const { audit, logger } = this.#deps;
    const subject = { action: AuditAction.VERIFY_BACKUP, backupId };
    const backup = await audit.attempt(caller, subject, () => this.#begin(caller, backupId, level));
    logger.info({ reqId: caller.requestId, caller: caller.name, backupId, level }, 'verification begun');
    // Whoever asked hears of its end by the backup's changes.
    void this.#run({ id: backupId, level });
    return backup;
  }

  /** Verifies a backup and waits for the end. False when it cannot be begun now. */
  async verifyNow(caller: Caller, backupId: string, level: VerificationLevel): Promise<boolean> {
    try {
      await this.#begin(caller, backupId, level);
    } catch (error) {
      if (error instanceof DomainError) return false;
      throw error;
    }
    await this.#run({ id: backupId, level });
    return true;
  }

  async recover(isAbandoned: IsAbandoned): Promise<void> {
    const { catalog, runner } = this.#deps;
    for (const { verification, lease } of await catalog.verifications.listRunning()) {
      const { backupId, level } = verification;
      if (runner.isDraining || runner.has(backupId) || !isAbandoned(lease)) continue;
      const isTaken = await catalog.transaction(({ verifications }) =>
        verifications.takeOver(backupId, lease, runner.newLease()),
      );
      if (isTaken) void this.#run({ id: backupId, level });
    }
  }

  async #begin(caller: Caller, backupId: string, level: VerificationLevel): Promise<Backup> {
    const { catalog, runner, audit, clock } = this.#deps;
    runner.assertAccepting();
    const backup = await catalog.backups.find(backupId);
    if (backup === null) throw new DomainError('BACKUP_NOT_FOUND', { backupId });
    if (backup.status !== BackupStatus.COMPLETED) throw notCompleted(backup);
    await this.#assertPlace(backup, level);
    const verification: Verification = {
      ...{ backupId, level, status: VerificationStatus.RUNNING },
      ...{ startedAt: clock(), verifiedAt: null, details: null },
    };
    await catalog.transaction(async ({ backups, verifications, auditLog }) => {
      runner.assertAccepting();
      if (!(await backups.hold(backupId))) throw notCompleted((await backups.find(backupId)) ?? backup);
      if (!(await verifications.begin(verification, runner.newLease()))) {
        const reason = 'it is being verified already. `Backup.verification` tells how that ends.';
        throw new DomainError('BACKUP_NOT_VERIFIABLE', { backupId, reason });
      }
      const subject = { action: AuditAction.VERIFY_BACKUP, backupId, instanceId: backup.instanceId };
      const details = `Backup ${backup.name}, level ${level}.`;
      await auditLog.append(audit.event(caller, { ...subject, details }, AuditOutcome.ACCEPTED));
    });
    return backup;
  }

  async #assertPlace(backup: Backup, level: VerificationLevel): Promise<void> {
    if (level === VerificationLevel.CHECKSUM) return;
    const { places } = this.#deps;
    const { id: backupId } = backup;
    try {
      const place = level === VerificationLevel.RESTORE ? await places.find(backup) : await places.findEngine(backup);
      if (place !== null) return;
    } catch (error) {
      if (!(error instanceof EngineUnreachableError)) throw error;
      const reason = `its instance cannot be used: ${error.message}`;
      throw new DomainError('BACKUP_NOT_VERIFIABLE', { backupId, reason }, { cause: error });
    }
    const reason =
      'its instance is gone, and there is no other server to restore it to. Set up one for proofs (VERIFY_POSTGRES_URL and its like), or verify at level FORMAT.';
    throw new DomainError('BACKUP_NOT_VERIFIABLE', { backupId, reason });
  }

  async #run(work: VerificationWork): Promise<void> {
    const { runner, feed } = this.#deps;
    const running = runner.start(work);
    feed.publish({ kind: 'backup', backupId: work.id });
    await running;
  }
}

function notCompleted({ id: backupId, status }: Backup): DomainError {
  const reason = `only a COMPLETED one can be; this one is ${status}.`;
  return new DomainError('BACKUP_NOT_VERIFIABLE', { backupId, reason });
}

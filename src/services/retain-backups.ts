import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupOrderField, BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { BackupPolicy } from '../domain/backup-policy.js';
import type { Clock } from '../domain/clock.js';
import { isDomainError } from '../domain/errors.js';
import { OrderDirection } from '../domain/page.js';
import type { Page } from '../domain/page.js';
import { findNewestGood, isGood, listExpired } from '../domain/retention.js';
import type { KeptBackup } from '../domain/retention.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import type { DeleteBackups } from './delete-backups.js';
import { untilStopped } from './stoppable.js';
import { Ticker } from './ticker.js';

/** How often all policies are gone through: backups expire also where none is taken. */
const INTERVAL_MS = 3_600_000;
/** Manual backups that are looked at at once for the newest good one. */
const PAGE_SIZE = 20;
const CALLER = 'retention';

interface RetainBackupsDeps {
  readonly catalog: Catalog;
  readonly deleteBackups: DeleteBackups;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly tickMs: number;
}

/** Deletes automated backups that are older than their policy keeps them; see `listExpired` for those that stay all the same. */
export class RetainBackups {
  readonly #deps: RetainBackupsDeps;
  readonly #ticker: Ticker;
  readonly #queue = new PQueue({ concurrency: 1 });
  #allDueAt = 0;
  #isDraining = false;

  constructor(deps: RetainBackupsDeps) {
    this.#deps = deps;
    const fault = 'retention has failed; it is tried again';
    this.#ticker = new Ticker({ ...deps, intervalMs: deps.tickMs, work: () => this.#retainAll(), fault });
  }

  start(): void {
    this.#ticker.start();
  }

  /** A backup has ended: older ones may go now. */
  onBackupEnded({ type, status, instanceId }: Backup): void {
    if (type === BackupType.MANUAL || status !== BackupStatus.COMPLETED) return;
    this.#enqueue(instanceId, async () => {
      const [policy = null] = await this.#deps.catalog.backupPolicies.findMany([instanceId]);
      if (policy !== null) await this.#retain(policy);
    });
  }

  /** Applies a policy in the background, a disabled one, too. */
  retain(policy: BackupPolicy): void {
    this.#enqueue(policy.instanceId, () => this.#retain(policy));
  }

  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#queue.clear();
    const idle = Promise.all([this.#ticker.stop(), this.#queue.onIdle()]);
    await untilStopped(idle, AbortSignal.timeout(graceMs)).catch(() => undefined);
  }

  /** Several servers may do so at once: each backup begins to go once. */
  async #retainAll(): Promise<void> {
    const now = this.#deps.clock().getTime();
    if (now < this.#allDueAt) return;
    for (const policy of await this.#deps.catalog.backupPolicies.list()) this.retain(policy);
    this.#allDueAt = now + INTERVAL_MS;
  }

  #enqueue(instanceId: string, work: () => Promise<void>): void {
    if (this.#isDraining) return;
    void this.#queue.add(async () => {
      try {
        await work();
      } catch (error) {
        this.#deps.logger.error({ err: error, instanceId }, 'retention of an instance has failed; it is tried again');
      }
    });
  }

  async #retain({ instanceId, keepDays }: BackupPolicy): Promise<void> {
    const history = await this.#readHistory(instanceId);
    const newestGood = findNewestGood(history);
    for (const backup of listExpired(history, { keepDays, now: this.#deps.clock() })) {
      if (this.#isDraining) return;
      await this.#delete(backup, newestGood);
    }
  }

  /** The automated backups, and the newest good one of the manual ones. */
  async #readHistory(instanceId: string): Promise<readonly KeptBackup[]> {
    const automated = await this.#withVerifications(await this.#deps.catalog.backups.listAutomated(instanceId));
    const manual = await this.#findGoodManual(instanceId);
    return manual === null ? automated : [...automated, manual];
  }

  async #findGoodManual(instanceId: string): Promise<KeptBackup | null> {
    const orderBy = { field: BackupOrderField.STARTED_AT, direction: OrderDirection.DESC };
    const filter = { instanceId, type: BackupType.MANUAL, status: BackupStatus.COMPLETED };
    for (let after: string | null = null; ;) {
      const page: Page<Backup> = await this.#deps.catalog.backups.list({ first: PAGE_SIZE, after, filter, orderBy });
      const good = (await this.#withVerifications(page.items.map(({ node }) => node))).find(isGood);
      if (good !== undefined) return good;
      after = page.items.at(-1)?.cursor ?? null;
      if (!page.hasNextPage || after === null) return null;
    }
  }

  async #withVerifications(backups: readonly Backup[]): Promise<readonly KeptBackup[]> {
    const verifications = await this.#deps.catalog.verifications.findMany(backups.map(({ id }) => id));
    return backups.map((backup, index) => ({ backup, verification: verifications[index] ?? null }));
  }

  async #delete(backup: Backup, newestGood: Backup | null): Promise<void> {
    const { catalog, deleteBackups, audit, feed, newId, logger } = this.#deps;
    const { id: backupId, instanceId, name, instanceName } = backup;
    const details = `Backup ${name} of instance ${instanceName}.`;
    const subject = { action: AuditAction.DELETE_BACKUP, backupId, instanceId, details };
    try {
      const isBegun = await catalog.transaction(async (writers) => {
        if (backup.status === BackupStatus.COMPLETED && !(await holdGood(writers, newestGood))) return false;
        await deleteBackups.begin(writers, backup);
        const caller = { name: CALLER, requestId: newId() };
        await writers.auditLog.append(audit.event(caller, subject, AuditOutcome.ACCEPTED));
        return true;
      });
      if (!isBegun) return;
    } catch (error) {
      // It is in use, or another server was quicker.
      if (isDomainError(error)) return;
      throw error;
    }
    logger.info({ backupId, instanceId }, 'an expired backup is being deleted');
    feed.publish({ kind: 'backup', backupId });
    deleteBackups.removeFiles(backup);
  }
}

/** Holds the backup that others may go for, so that nobody begins to delete it. False when it is not what it was. */
async function holdGood({ backups, verifications }: CatalogWriters, backup: Backup | null): Promise<boolean> {
  if (backup === null || !(await backups.hold(backup.id))) return false;
  const [verification = null] = await verifications.findMany([backup.id]);
  return isGood({ backup, verification });
}

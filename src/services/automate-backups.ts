import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Catalog, CatalogWriters } from '../catalog/catalog.js';
import type { BackupPolicy, PlannedBackup } from '../domain/backup-policy.js';
import type { Clock } from '../domain/clock.js';
import { isDomainError } from '../domain/errors.js';
import type { DomainError } from '../domain/errors.js';
import { findMissed, isOver, planNext, WINDOW_MS } from '../domain/policy-window.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { AuditTrail } from './audit-trail.js';
import { toAutomatedName } from './automated-name.js';
import type { CreateBackup } from './create-backup.js';
import { appendMissed, POLICY_CALLER, toMissedChanges } from './missed-window.js';
import { untilStopped } from './stoppable.js';
import { Ticker } from './ticker.js';

/** Policies that one server serves side by side. To begin a backup takes milliseconds, unless an instance hangs. */
const CONCURRENCY = 20;
/** How long after a refusal it is tried again, and how far off that, as a share of it. */
const RETRY_MS = 60_000;
const RETRY_JITTER = 0.2;
/** Names that are tried, a millisecond apart, before a policy's backup is put off. */
const MAX_NAMES = 100;

interface AutomateBackupsDeps {
  readonly catalog: Catalog;
  /** With an audit trail that does not write refused tries down. */
  readonly createBackup: CreateBackup;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly random: () => number;
  readonly newId: () => string;
  readonly logger: Logger;
  readonly tickMs: number;
}

/** A policy as claimed, and what it has planned. */
type Planned = BackupPolicy & { readonly next: PlannedBackup };

/** The policy was changed while its backup was being created: that one must not be. */
class PolicyChangedError extends Error {}

/**
 * Takes the backups that policies ask for, one in each window. What is due is in the catalog, and who claims it tries. That a
 * window has its backup is written with the backup itself: a crash in between makes neither two nor none.
 */
export class AutomateBackups {
  readonly #deps: AutomateBackupsDeps;
  readonly #ticker: Ticker;
  readonly #queue = new PQueue({ concurrency: CONCURRENCY });
  #isDraining = false;

  constructor(deps: AutomateBackupsDeps) {
    this.#deps = deps;
    const fault = 'backup policies cannot be served; it is tried again';
    this.#ticker = new Ticker({ ...deps, intervalMs: deps.tickMs, work: () => this.#look(), fault });
  }

  start(): void {
    this.#ticker.start();
  }

  /** Begins no more backups. What is being begun ends soon: the runner takes no more. */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    this.#queue.clear();
    const idle = Promise.all([this.#ticker.stop(), this.#queue.onIdle()]);
    await untilStopped(idle, AbortSignal.timeout(graceMs)).catch(() => undefined);
  }

  async #look(): Promise<void> {
    const free = CONCURRENCY - this.#queue.pending - this.#queue.size;
    if (free <= 0) return;
    const due = await this.#deps.catalog.backupPolicies.listDue(this.#deps.clock(), free);
    if (this.#isDraining) return;
    for (const policy of due) void this.#queue.add(() => this.#serve(policy));
  }

  async #serve(policy: BackupPolicy): Promise<void> {
    const { clock, logger } = this.#deps;
    const { instanceId, next } = policy;
    try {
      if (next === null) return;
      if (isOver(next, clock())) await this.#miss(policy);
      else await this.#try({ ...policy, next });
    } catch (error) {
      logger.error({ err: error, instanceId }, 'a backup policy cannot be served; it is tried again');
    }
  }

  async #try(policy: Planned): Promise<void> {
    const claimed = await this.#plan(policy, this.#retryAt(policy));
    if (claimed === null) return;
    try {
      await this.#create(claimed);
    } catch (error) {
      if (error instanceof PolicyChangedError) await this.#tryAnew(claimed);
      else if (isDomainError(error)) await this.#onRefused(claimed, { dueBefore: policy.next.dueAt, refusal: error });
      else throw error;
    }
  }

  /** Sets the next try of the backup that is planned. Null when the policy has changed. */
  async #plan(policy: Planned, dueAt: Date, refusal = policy.refusal): Promise<Planned | null> {
    const next = { ...policy.next, dueAt };
    const changed = await this.#deps.catalog.transaction(({ backupPolicies }) =>
      backupPolicies.change(policy, { next, refusal }),
    );
    return changed === null ? null : { ...changed, next };
  }

  /** Not after the window: at its end it is written down as missed. */
  #retryAt({ next }: Planned): Date {
    const { clock, random } = this.#deps;
    const delay = RETRY_MS * (1 + (random() * 2 - 1) * RETRY_JITTER);
    return new Date(Math.min(clock().getTime() + Math.round(delay), next.windowStartsAt.getTime() + WINDOW_MS));
  }

  async #create(policy: Planned): Promise<void> {
    const { catalog, createBackup, clock, newId } = this.#deps;
    const { instanceId } = policy;
    const instance = await catalog.instances.find(instanceId);
    if (instance === null) return;
    const caller = { name: POLICY_CALLER, requestId: newId() };
    const automation = { onClaim: (writers: CatalogWriters): Promise<void> => this.#settle(writers, policy) };
    const wish = { instanceId, description: null, databases: [], includeSystemDatabases: true, automation };
    const from = clock().getTime();
    for (let at = from; ; at += 1) {
      try {
        await createBackup.create(caller, { ...wish, name: toAutomatedName(instance, new Date(at)) });
        return;
      } catch (error) {
        const isTaken = isDomainError(error) && error.code === 'BACKUP_NAME_TAKEN';
        if (!isTaken || at - from >= MAX_NAMES) throw error;
      }
    }
  }

  /** The window has its backup. @throws PolicyChangedError */
  async #settle({ backupPolicies }: CatalogWriters, policy: Planned): Promise<void> {
    const { clock, random } = this.#deps;
    const now = clock();
    const next = planNext({ ...policy, lastBackupAt: now }, now, random);
    const settled = await backupPolicies.change(policy, { lastBackupAt: now, next, refusal: null });
    if (settled === null) throw new PolicyChangedError();
  }

  async #onRefused(policy: Planned, { dueBefore, refusal }: { dueBefore: Date; refusal: DomainError }): Promise<void> {
    const { code, message } = refusal;
    if (code === 'SERVICE_SHUTTING_DOWN') {
      // Another server, or this one when it is back, is to try at once.
      await this.#plan(policy, dueBefore);
      return;
    }
    const { instanceId } = policy;
    if (message !== policy.refusal) {
      this.#deps.logger.warn({ instanceId, code }, 'an automated backup cannot be taken now; it is tried again');
    }
    await this.#plan(policy, policy.next.dueAt, message);
  }

  /** Whoever changed it may have left the same window to it: the try that was given up for that is not to cost it. */
  async #tryAnew({ instanceId, next }: Planned): Promise<void> {
    const { catalog, clock } = this.#deps;
    const [policy = null] = await catalog.backupPolicies.findMany([instanceId]);
    const isSame = policy?.next?.windowStartsAt.getTime() === next.windowStartsAt.getTime();
    if (policy?.next != null && isSame) await this.#plan({ ...policy, next: policy.next }, clock());
  }

  async #miss(policy: BackupPolicy): Promise<void> {
    const { catalog, feed, clock, random, logger } = this.#deps;
    const { instanceId } = policy;
    const now = clock();
    const missed = findMissed(policy, now);
    if (missed === null) return;
    const isWritten = await catalog.transaction(async (writers) => {
      // The instance before its policy, as whoever creates a backup takes them: else two could wait for each other.
      if ((await writers.instances.hold(instanceId)) === null) return false;
      const changes = { ...toMissedChanges(missed), next: planNext(policy, now, random), refusal: null };
      if ((await writers.backupPolicies.change(policy, changes)) === null) return false;
      await appendMissed(writers, { ...missed, instanceId }, this.#deps);
      return true;
    });
    if (!isWritten) return;
    logger.warn({ instanceId, reason: missed.reason }, 'a backup window has passed without its backup');
    feed.publish({ kind: 'status' });
  }
}

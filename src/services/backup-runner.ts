import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Backup, Lease } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { DomainError } from '../domain/errors.js';
import { BackupFailedError } from '../domain/failure.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { RunBackup } from './run-backup.js';
import { cancelled } from './to-failure.js';

/** A server that has not renewed its lease for this long is taken for dead. Clocks of servers must agree far better. */
export const LEASE_MS = 30_000;
const LEASE_RENEWAL_MS = LEASE_MS / 6;

interface BackupRunnerDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly runBackup: RunBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  readonly maxConcurrent: number;
}

/** A backup that waits for its turn, or runs. */
class Job {
  readonly stop = new AbortController();
  readonly done: Promise<void>;
  #begin: () => void = () => undefined;
  #isBegun = false;

  constructor(run: (stop: AbortController) => Promise<void>) {
    const begun = new Promise<void>((resolve) => {
      this.#begin = resolve;
    });
    this.done = begun.then(() => run(this.stop));
  }

  get isWaiting(): boolean {
    return !this.#isBegun;
  }

  /** Begins the work, once, and resolves at its end. */
  async begin(): Promise<void> {
    this.#isBegun = true;
    this.#begin();
    await this.done;
  }
}

/** Runs the backups of this server, a few at a time, and keeps their leases while they wait and run. */
export class BackupRunner {
  readonly #deps: BackupRunnerDeps;
  readonly #queue: PQueue;
  readonly #jobs = new Map<string, Job>();
  readonly #renewal: NodeJS.Timeout;
  readonly #unsubscribe: () => void;
  #isDraining = false;

  constructor(deps: BackupRunnerDeps) {
    this.#deps = deps;
    this.#queue = new PQueue({ concurrency: deps.maxConcurrent });
    this.#renewal = setInterval(() => {
      void this.#renewLeases();
    }, LEASE_RENEWAL_MS).unref();
    this.#unsubscribe = deps.feed.subscribe((change) => {
      if (change.kind === 'cancel') void this.#stopCancelled([change.backupId]);
    });
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Backups that work now, without those that wait. */
  get runningCount(): number {
    return this.#queue.pending;
  }

  /** Whether a backup waits or runs here. */
  has(backupId: string): boolean {
    return this.#jobs.has(backupId);
  }

  /** @throws DomainError SERVICE_SHUTTING_DOWN */
  assertAccepting(): void {
    if (this.#isDraining) throw new DomainError('SERVICE_SHUTTING_DOWN', {});
  }

  newLease(): Lease {
    const { clock, serverId } = this.#deps;
    return { owner: serverId, expiresAt: new Date(clock().getTime() + LEASE_MS) };
  }

  /** Takes a backup that was recorded with this server's lease. Returns at once. */
  start(backup: Backup): void {
    const job = new Job((stop) => this.#run(backup, stop));
    this.#jobs.set(backup.id, job);
    if (this.#isDraining) stopJob(job, shuttingDown());
    else void this.#queue.add(() => job.begin());
  }

  /**
   * Takes no more backups. Those that wait are handed back at once, as FAILED INTERRUPTED; those that run may finish
   * within the grace time, then they are handed back, too. Resolves when none is left. Idempotent.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const deadline = setTimeout(() => {
      for (const job of this.#jobs.values()) stopJob(job, shuttingDown());
    }, graceMs);
    for (const job of this.#jobs.values()) {
      if (job.isWaiting) stopJob(job, shuttingDown());
    }
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    clearTimeout(deadline);
    clearInterval(this.#renewal);
    this.#unsubscribe();
  }

  async #run(backup: Backup, stop: AbortController): Promise<void> {
    try {
      await this.#deps.runBackup.run(backup, stop);
    } catch (error) {
      this.#deps.logger.error({ err: error, backupId: backup.id }, 'backup is left to recovery');
    } finally {
      this.#jobs.delete(backup.id);
    }
  }

  async #renewLeases(): Promise<void> {
    const ids = [...this.#jobs.keys()];
    if (ids.length === 0) return;
    try {
      await this.#deps.catalog.transaction(({ backups }) => backups.renewLeases(ids, this.newLease()));
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'leases could not be renewed');
    }
    // The wake-up of another server may have been lost on its way.
    await this.#stopCancelled(ids);
  }

  /** The wake-up proves nothing: what was cancelled is in the catalog. */
  async #stopCancelled(backupIds: readonly string[]): Promise<void> {
    const mine = backupIds.filter((id) => this.has(id));
    if (mine.length === 0) return;
    try {
      for (const id of await this.#deps.catalog.backups.findCancelled(mine)) {
        const job = this.#jobs.get(id);
        if (job !== undefined) stopJob(job, cancelled());
      }
    } catch (error) {
      this.#deps.logger.warn({ err: error }, 'cancelled backups could not be looked up; it is tried again');
    }
  }
}

/** One that waits begins now, to end at once: it must not wait for a place to learn that it is over. */
function stopJob(job: Job, reason: BackupFailedError): void {
  job.stop.abort(reason);
  void job.begin();
}

function shuttingDown(): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.INTERRUPTED,
    'The server was shut down before the backup had finished. Take it again.',
  );
}

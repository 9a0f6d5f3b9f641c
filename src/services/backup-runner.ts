import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Backup, Lease } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { DomainError } from '../domain/errors.js';
import { BackupFailedError } from '../domain/failure.js';
import type { RunBackup } from './run-backup.js';

/** A server that has not renewed its lease for this long is taken for dead. Clocks of servers must agree far better. */
export const LEASE_MS = 30_000;
const LEASE_RENEWAL_MS = LEASE_MS / 6;

interface BackupRunnerDeps {
  readonly catalog: Catalog;
  readonly runBackup: RunBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  readonly maxConcurrent: number;
}

interface Job {
  /** False while it waits for its turn. */
  isRunning: boolean;
  readonly stop: AbortController;
  done: Promise<void>;
}

/** Runs the backups of this server, a few at a time, and keeps their leases while they wait and run. */
export class BackupRunner {
  readonly #deps: BackupRunnerDeps;
  readonly #queue: PQueue;
  readonly #jobs = new Map<string, Job>();
  readonly #renewal: NodeJS.Timeout;
  #isDraining = false;

  constructor(deps: BackupRunnerDeps) {
    this.#deps = deps;
    this.#queue = new PQueue({ concurrency: deps.maxConcurrent });
    this.#renewal = setInterval(() => {
      void this.#renewLeases();
    }, LEASE_RENEWAL_MS).unref();
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
    const stop = new AbortController();
    if (this.#isDraining) stop.abort(shuttingDown());
    const job: Job = { isRunning: false, stop, done: Promise.resolve() };
    this.#jobs.set(backup.id, job);
    job.done = this.#finish(backup, job);
  }

  /**
   * Takes no more backups. Those that wait are handed back at once, as FAILED INTERRUPTED; those that run may finish
   * within the grace time, then they are handed back, too. Resolves when none is left. Idempotent.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const deadline = setTimeout(() => {
      for (const { stop } of this.#jobs.values()) stop.abort(shuttingDown());
    }, graceMs);
    for (const { isRunning, stop } of this.#jobs.values()) {
      if (!isRunning) stop.abort(shuttingDown());
    }
    // Those that waited begin now, and end at once.
    this.#queue.concurrency = Infinity;
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    clearTimeout(deadline);
    clearInterval(this.#renewal);
  }

  async #finish(backup: Backup, job: Job): Promise<void> {
    try {
      // With a place free the queue calls this before `add` returns.
      await this.#queue.add(() => {
        job.isRunning = true;
        return this.#deps.runBackup.run(backup, job.stop);
      });
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
  }
}

function shuttingDown(): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.INTERRUPTED,
    'The server was shut down before the backup had finished. Take it again.',
  );
}

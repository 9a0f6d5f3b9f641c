import PQueue from 'p-queue';
import type { Logger } from 'pino';
import type { Lease } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { DomainError } from '../domain/errors.js';

/** A server that has not renewed its lease for this long is taken for dead. Clocks of servers must agree far better. */
export const LEASE_MS = 30_000;
const LEASE_RENEWAL_MS = LEASE_MS / 6;

/** One kind of work that a server does under a lease. */
interface WorkKind<T> {
  /** For the log, as in "backup". */
  readonly name: string;
  /** Does the work of one item. When it rejects, the item is left to recovery. */
  run(item: T, stop: AbortController): Promise<void>;
  renewLeases(ids: readonly string[], lease: Lease): Promise<unknown>;
  /** What work that a stopping server gives up is told. */
  shuttingDown(): Error;
  /** Called with the items under way whenever their leases were renewed. */
  onRenewed?(ids: readonly string[]): Promise<void>;
}

interface WorkRunnerDeps<T> {
  readonly kind: WorkKind<T>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  readonly maxConcurrent: number;
  /** Called when work was left to recovery that may take it over at once. */
  readonly onLeft: () => void;
}

interface Order {
  readonly work: (stop: AbortController) => Promise<void>;
  /** Called when the work has rejected. */
  readonly onLeft: () => Promise<void>;
}

/** A piece of work that waits for its turn, or runs. */
class Job {
  readonly stop = new AbortController();
  readonly done: Promise<void>;
  /** Whether it was given up here without an end: its lease is no longer kept. */
  isLeft = false;
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

  /** One that waits begins now, to end at once: it must not wait for a place to learn that it is over. */
  end(reason: Error): void {
    this.stop.abort(reason);
    void this.begin();
  }
}

/** Runs one kind of work of this server, a few pieces at a time, and keeps their leases while they wait and run. */
export class WorkRunner<T extends { readonly id: string }> {
  readonly #deps: WorkRunnerDeps<T>;
  readonly #queue: PQueue;
  readonly #jobs = new Map<string, Job>();
  readonly #renewal: NodeJS.Timeout;
  #isDraining = false;

  constructor(deps: WorkRunnerDeps<T>) {
    this.#deps = deps;
    this.#queue = new PQueue({ concurrency: deps.maxConcurrent });
    this.#renewal = setInterval(() => {
      void this.#renewLeases();
    }, LEASE_RENEWAL_MS).unref();
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Pieces that work now, without those that wait. */
  get runningCount(): number {
    return this.#queue.pending;
  }

  /** Whether a piece of work waits or runs here. */
  has(id: string): boolean {
    return this.#jobs.has(id);
  }

  /** @throws DomainError SERVICE_SHUTTING_DOWN */
  assertAccepting(): void {
    if (this.#isDraining) throw new DomainError('SERVICE_SHUTTING_DOWN', {});
  }

  newLease(): Lease {
    const { clock, serverId } = this.#deps;
    return { owner: serverId, expiresAt: new Date(clock().getTime() + LEASE_MS) };
  }

  /** Takes a piece of work that was recorded with this server's lease. Resolves at its end, however it ends. */
  start(item: T): Promise<void> {
    const { kind } = this.#deps;
    return this.#take(item.id, {
      work: (stop) => kind.run(item, stop),
      onLeft: () => this.#release(item.id),
    });
  }

  /**
   * Takes a piece of work that another has left, to be ended in its own way. Resolves at its end, however it ends. One that
   * cannot be ended keeps its lease: it is tried again when that has run out.
   */
  startRecovery(id: string, recover: (stop: AbortController) => Promise<void>): Promise<void> {
    return this.#take(id, { work: recover, onLeft: () => Promise.resolve() });
  }

  /** Stops a piece of work, if it is here. */
  stop(id: string, reason: Error): void {
    this.#jobs.get(id)?.end(reason);
  }

  /**
   * Takes no more work. What waits is given up at once; what runs may finish within the grace time, then it is given up,
   * too. Resolves when none is left. Idempotent.
   */
  async drain(graceMs: number): Promise<void> {
    this.#isDraining = true;
    const { kind } = this.#deps;
    const deadline = setTimeout(() => {
      for (const job of this.#jobs.values()) job.end(kind.shuttingDown());
    }, graceMs);
    for (const job of this.#jobs.values()) {
      if (job.isWaiting) job.end(kind.shuttingDown());
    }
    while (this.#jobs.size > 0) await Promise.all([...this.#jobs.values()].map(({ done }) => done));
    clearTimeout(deadline);
    clearInterval(this.#renewal);
  }

  #take(id: string, { work, onLeft }: Order): Promise<void> {
    const job: Job = new Job(async (stop) => {
      job.isLeft = !(await this.#run(id, () => work(stop)));
      if (job.isLeft) await onLeft();
      // What was begun under the same id as soon as this had ended is not this one.
      if (this.#jobs.get(id) === job) this.#jobs.delete(id);
    });
    this.#jobs.set(id, job);
    if (this.#isDraining) job.end(this.#deps.kind.shuttingDown());
    else void this.#queue.add(() => job.begin());
    return job.done;
  }

  /** @returns whether it has come to its end */
  async #run(id: string, work: () => Promise<void>): Promise<boolean> {
    const { kind, logger } = this.#deps;
    try {
      await work();
      return true;
    } catch (error) {
      logger.error({ err: error, [`${kind.name}Id`]: id }, `${kind.name} is left to recovery`);
      return false;
    }
  }

  /** Recovery need not wait for a lease that nobody works under. One that cannot be given back runs out. */
  async #release(id: string): Promise<void> {
    const { kind, clock, logger, serverId, onLeft } = this.#deps;
    try {
      await kind.renewLeases([id], { owner: serverId, expiresAt: clock() });
      onLeft();
    } catch (error) {
      logger.warn({ err: error, [`${kind.name}Id`]: id }, `lease of a ${kind.name} could not be given back`);
    }
  }

  async #renewLeases(): Promise<void> {
    const ids = [...this.#jobs].filter(([, { isLeft }]) => !isLeft).map(([id]) => id);
    if (ids.length === 0) return;
    const { kind, logger } = this.#deps;
    try {
      await kind.renewLeases(ids, this.newLease());
    } catch (error) {
      logger.warn({ err: error }, `leases of ${kind.name}s could not be renewed`);
    }
    await kind.onRenewed?.(ids);
  }
}

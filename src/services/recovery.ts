import type { Logger } from 'pino';
import type { Lease } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';

/** How often a running server looks for work that others, or it itself, have abandoned. */
const RECOVERY_INTERVAL_MS = 15_000;
/** How long after its work was given up an instance is tried again: what has just failed may need a moment. */
const SOON_MS = 1000;

/** Tells whether whoever holds a lease is dead, so that its work is to be taken over. */
export type IsAbandoned = (lease: Lease) => boolean;

/** One kind of unfinished business. */
export interface Recoverable {
  /** Ends what was abandoned. What cannot be ended now is tried again. */
  recover(isAbandoned: IsAbandoned): Promise<void>;
}

interface RecoveryDeps {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  /** Whether no other process can be using the catalog. */
  readonly isExclusive: boolean;
  /** In the order in which they are looked at. */
  readonly parts: readonly Recoverable[];
}

/** Takes over, at start and at intervals, what crashes have left. */
export class Recovery implements AsyncDisposable {
  readonly #deps: RecoveryDeps;
  #timer: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  #recovering: Promise<void> | null = null;
  #isClosed = false;

  constructor(deps: RecoveryDeps) {
    this.#deps = deps;
  }

  /**
   * Before anything else runs. On a catalog of our own all unfinished work of others belongs to a dead process.
   * @param essential what must be over before requests are taken; the rest goes on in the background
   */
  async start(essential: Recoverable): Promise<void> {
    const { isExclusive, serverId } = this.#deps;
    const isLeft: IsAbandoned = (lease) => (isExclusive && lease.owner !== serverId) || this.#isExpired(lease);
    await essential.recover(isLeft);
    this.#schedule(isLeft);
    this.#timer = setInterval(() => {
      this.#schedule((lease) => this.#isExpired(lease));
    }, RECOVERY_INTERVAL_MS).unref();
  }

  /** Does not wait for the next interval: this server has just given work up. */
  soon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#schedule((lease) => this.#isExpired(lease));
    }, SOON_MS).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const timer of [this.#timer, this.#soon]) if (timer !== null) clearTimeout(timer);
    await this.#recovering;
  }

  /** One pass at a time: what comes due while one is under way is found by the next. */
  #schedule(isAbandoned: IsAbandoned): void {
    this.#recovering ??= this.#recoverAll(isAbandoned).finally(() => {
      this.#recovering = null;
    });
  }

  async #recoverAll(isAbandoned: IsAbandoned): Promise<void> {
    for (const part of this.#deps.parts) {
      if (this.#isClosed) return;
      try {
        await part.recover(isAbandoned);
      } catch (error) {
        this.#deps.logger.error({ err: error }, 'recovery has failed; it is tried again');
      }
    }
  }

  #isExpired({ expiresAt }: Lease): boolean {
    return expiresAt.getTime() < this.#deps.clock().getTime();
  }
}

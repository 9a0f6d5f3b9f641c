import type { Logger } from 'pino';

interface TickerOptions {
  readonly intervalMs: number;
  /** Its next run begins at a tick after its end. What it throws is logged, and it is tried again. */
  readonly work: () => Promise<void>;
  /** Of the log's line when the work throws. */
  readonly fault: string;
  readonly logger: Logger;
}

/** Does work at intervals, never twice at the same time, and keeps no process alive. */
export class Ticker {
  readonly #options: TickerOptions;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: TickerOptions) {
    this.#options = options;
  }

  /** The first run begins at once. */
  start(): void {
    this.#tick();
    this.#timer = setInterval(() => {
      this.#tick();
    }, this.#options.intervalMs).unref();
  }

  /** Begins no more runs, and resolves at the end of the one that is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#running;
  }

  #tick(): void {
    if (this.#running !== null || this.#isStopped) return;
    const { work, fault, logger } = this.#options;
    this.#running = work()
      .catch((error: unknown) => {
        logger.error({ err: error }, fault);
      })
      .finally(() => {
        this.#running = null;
      });
  }
}

import { aborted } from './fake-engine.js';
import type { FakeEngine } from './fake-engine.js';

/** How one health check goes: it is answered, or not, or not for so long that nobody waits for it any more. */
type Step = 'answer' | 'miss' | 'hang';

/** Counts the health checks that a simulated engine meets, and lets a test wait for them. */
export class CheckLog {
  /** What happens to a check before it is answered. */
  onCheck: (url: string, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  readonly #counts = new Map<string, number>();
  readonly #waiters: { readonly isReached: () => boolean; readonly resolve: () => void }[] = [];
  #total = 0;

  constructor(engine: FakeEngine) {
    engine.onHealthCheck = async (url, signal): Promise<void> => {
      this.#total += 1;
      this.#counts.set(url, this.countOf(url) + 1);
      for (const { isReached, resolve } of this.#waiters) if (isReached()) resolve();
      await this.onCheck(url, signal);
    };
  }

  get total(): number {
    return this.#total;
  }

  /** How often each URL was asked for, without those never asked. */
  get counts(): readonly number[] {
    return [...this.#counts.values()];
  }

  countOf(url: string): number {
    return this.#counts.get(url) ?? 0;
  }

  /** Lets the checks from now on go step by step; those after the last step go as that one. */
  script(steps: readonly Step[], miss: Error): void {
    let next = 0;
    this.onCheck = async (_url, signal): Promise<void> => {
      const step = steps[Math.min(next, steps.length - 1)];
      next += 1;
      if (step === 'hang') await aborted(signal);
      if (step !== 'answer') throw miss;
    };
  }

  /** Resolves once so many more checks have begun than by now, of one URL or of all. */
  async waitForMore(count: number, url?: string): Promise<void> {
    const read = (): number => (url === undefined ? this.#total : this.countOf(url));
    const goal = read() + count;
    await this.#waitUntil(() => read() >= goal);
  }

  /** Resolves once so many checks have begun in all. */
  async waitForTotal(count: number): Promise<void> {
    await this.#waitUntil(() => this.#total >= count);
  }

  async #waitUntil(isReached: () => boolean): Promise<void> {
    if (isReached()) return;
    await new Promise<void>((resolve) => {
      this.#waiters.push({ isReached, resolve });
    });
  }
}

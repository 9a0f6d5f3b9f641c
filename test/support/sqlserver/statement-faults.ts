import { Hold } from '../hold.js';
import type { ServerMessage } from '../tds-server/tds-server.js';

/** What is to befall the next statement that matches. */
export type Mishap =
  | { readonly kind: 'fail'; readonly faults: readonly ServerMessage[] }
  | { readonly kind: 'cut' }
  | { readonly kind: 'hold'; readonly hold: Hold };

/** In which instant of a statement: a middle is what those have that take long; to others it comes before. */
export type Instant = 'before' | 'middle' | 'after';

export interface PlannedMishap {
  readonly pattern: RegExp;
  readonly mishap: Mishap;
  /** Default: in its middle. */
  readonly instant?: Instant;
  /** How many statements that match are spared before. Default: 0. */
  readonly spared?: number;
}

/** Decides what befalls statements: each mishap once. */
export class StatementFaults {
  #planned: readonly PlannedMishap[] = [];

  /** Whether all that was planned has befallen something. */
  get isDone(): boolean {
    return this.#planned.length === 0;
  }

  plan(planned: PlannedMishap): void {
    this.#planned = [...this.#planned, planned];
  }

  /** What befalls this one. Counts it for those that spare it. */
  take(sql: string): { readonly mishap: Mishap; readonly instant: Instant } | null {
    const taken = this.#planned.find(({ pattern, spared = 0 }) => spared === 0 && pattern.test(sql));
    this.#planned = this.#planned
      .filter((planned) => planned !== taken)
      .map((planned) => {
        const { spared = 0, pattern } = planned;
        return spared > 0 && pattern.test(sql) ? { ...planned, spared: spared - 1 } : planned;
      });
    return taken === undefined ? null : { mishap: taken.mishap, instant: taken.instant ?? 'middle' };
  }
}

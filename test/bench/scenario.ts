import type { SampleDatabase } from './sample-database.js';
import type { WorkDir } from './work-dir.js';

/** One line of the table. */
export interface Row {
  readonly what: string;
  readonly measured: string;
  /** The same work done by something else in the same run. */
  readonly reference?: string;
  readonly ratio?: number;
  readonly goal?: string;
  readonly isMet?: boolean;
}

export interface Outcome {
  readonly rows: readonly Row[];
  /** What the table has no room for. */
  readonly notes?: readonly string[];
  /** What must never be, however fast it was: a run with a fault exits with 1. */
  readonly faults?: readonly string[];
}

export interface Bench {
  readonly workDir: WorkDir;
  /** Small sizes and few repetitions: shows that a scenario works, not how fast it is. */
  readonly isQuick: boolean;
  /** The large database, made when it is first asked for. */
  readonly largeDatabase: () => Promise<SampleDatabase>;
}

export interface Scenario {
  readonly name: string;
  run(bench: Bench): Promise<Outcome>;
}

/** Progress reaches the catalog and the subscribers at most four times a second. */
const REPORT_INTERVAL_MS = 250;

interface ProgressReporterDeps<P> {
  readonly read: () => P;
  /** False when the work belongs to another server now, or has ended. */
  readonly write: (progress: P) => Promise<boolean>;
  readonly onLost: () => void;
  readonly onError: (error: unknown) => void;
}

/** Writes the progress of a piece of work down while it changes. A report that fails is only a late one: the next will do. */
export class ProgressReporter<P> implements AsyncDisposable {
  readonly #deps: ProgressReporterDeps<P>;
  readonly #timer: NodeJS.Timeout;
  #last = '';
  #reporting: Promise<void> = Promise.resolve();
  #isReporting = false;

  constructor(deps: ProgressReporterDeps<P>) {
    this.#deps = deps;
    this.#timer = setInterval(() => {
      this.report();
    }, REPORT_INTERVAL_MS);
  }

  /** Reports now, unless nothing has changed or a report is under way. */
  report(): void {
    const progress = this.#deps.read();
    const key = JSON.stringify(progress);
    if (this.#isReporting || key === this.#last) return;
    this.#last = key;
    this.#isReporting = true;
    this.#reporting = this.#write(progress).finally(() => {
      this.#isReporting = false;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
  }

  async #write(progress: P): Promise<void> {
    const { write, onLost, onError } = this.#deps;
    try {
      if (!(await write(progress))) onLost();
    } catch (error) {
      onError(error);
    }
  }
}

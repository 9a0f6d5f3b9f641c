/** Calls `onStall` when nothing has moved for too long. A backup that hangs must not block those after it. */
export class StallWatchdog implements Disposable {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout;
  /** Whether the timer that runs is longer than usual. */
  #isExtended = false;
  #isDisposed = false;

  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
    this.#timer = setTimeout(onStall, timeoutMs);
  }

  /** Something has moved. */
  touch(): void {
    if (this.#isExtended) this.#restart(0);
    else if (!this.#isDisposed) this.#timer.refresh();
  }

  /** The next thing to move may take longer, this once. */
  allow(extraMs: number): void {
    this.#restart(extraMs);
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #restart(extraMs: number): void {
    // Work that was abandoned may still move: it must not set the timer of a run that has ended.
    if (this.#isDisposed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStall, this.#timeoutMs + extraMs);
    this.#isExtended = extraMs > 0;
  }
}

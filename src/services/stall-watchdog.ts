/** Calls `onStall` when nothing has moved for too long. A backup that hangs must not block those after it. */
export class StallWatchdog implements Disposable {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout;
  /** Until then nothing need move, by the clock of `performance`. */
  #allowedUntil = 0;
  #isDisposed = false;

  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
    this.#timer = setTimeout(onStall, timeoutMs);
  }

  /** Something has moved. */
  touch(): void {
    const restMs = this.#allowedUntil - performance.now();
    if (restMs > this.#timeoutMs) this.#restart(restMs);
    else if (this.#allowedUntil > 0) this.#restart(this.#timeoutMs);
    else if (!this.#isDisposed) this.#timer.refresh();
    if (restMs <= this.#timeoutMs) this.#allowedUntil = 0;
  }

  /** Something may take longer, this once. What moves beside it does not take that back: one watches over several. */
  allow(extraMs: number): void {
    this.#allowedUntil = Math.max(this.#allowedUntil, performance.now() + this.#timeoutMs + extraMs);
    this.touch();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
  }

  #restart(afterMs: number): void {
    // Work that was abandoned may still move: it must not set the timer of a run that has ended.
    if (this.#isDisposed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStall, afterMs);
  }
}

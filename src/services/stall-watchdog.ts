/** Calls `onStall` when nothing has moved for too long. A backup that hangs must not block those after it. */
export class StallWatchdog implements Disposable {
  readonly #timeoutMs: number;
  readonly #onStall: () => void;
  #timer: NodeJS.Timeout;

  constructor(timeoutMs: number, onStall: () => void) {
    this.#timeoutMs = timeoutMs;
    this.#onStall = onStall;
    this.#timer = setTimeout(onStall, timeoutMs);
  }

  /** Something has moved. */
  touch(): void {
    this.#timer.refresh();
  }

  /** The next thing to move may take longer, this once. */
  allow(extraMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#onStall, this.#timeoutMs + extraMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

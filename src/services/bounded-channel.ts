interface ChannelOptions<T> {
  /** Most values that wait for the reader. */
  readonly capacity: number;
  /** Values of the same key supersede each other while they wait; null = none does. */
  readonly keyOf: ((value: T) => string) | null;
  /** Called once, when a value found no place or was lost before: the channel is then closed, and what waited in it is dropped. */
  readonly onOverflow: () => void;
}

/** Hands values from a publisher that must not wait to one reader that may be slow, in bounded memory. */
export class BoundedChannel<T> implements AsyncIterable<T> {
  readonly #options: ChannelOptions<T>;
  readonly #waiting = new Map<string, T>();
  #sequence = 0;
  #isClosed = false;
  #wake: (() => void) | null = null;

  constructor(options: ChannelOptions<T>) {
    this.#options = options;
  }

  push(value: T): void {
    if (this.#isClosed) return;
    this.#sequence += 1;
    const key = this.#options.keyOf?.(value) ?? this.#sequence.toString();
    if (this.#waiting.size >= this.#options.capacity && !this.#waiting.has(key)) {
      this.overflow();
      return;
    }
    this.#waiting.set(key, value);
    this.#wake?.();
  }

  /** Ends it as a value that finds no place does: the reader has not been told everything. */
  overflow(): void {
    if (this.#isClosed) return;
    this.close();
    this.#options.onOverflow();
  }

  /** Ends the reader's iteration, at once. */
  close(): void {
    this.#isClosed = true;
    this.#waiting.clear();
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void> {
    while (!this.#isClosed) {
      for (const [key, value] of this.#waiting) {
        this.#waiting.delete(key);
        yield value;
      }
      await this.#untilFilled();
    }
  }

  async #untilFilled(): Promise<void> {
    if (this.#waiting.size > 0 || this.#isClosed) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }
}

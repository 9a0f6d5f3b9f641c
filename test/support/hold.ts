/** Keeps work waiting in its middle. */
export class Hold {
  readonly #arrivals: { readonly count: number; readonly resolve: () => void }[] = [];
  readonly #released = new AbortController();
  #arrived = 0;

  /** Resolves once so much work has come there. */
  async reached(count = 1): Promise<void> {
    if (this.#arrived >= count) return;
    await new Promise<void>((resolve) => {
      this.#arrivals.push({ count, resolve });
    });
  }

  get arrived(): number {
    return this.#arrived;
  }

  /** Lets all go on, those to come, too. */
  release(): void {
    this.#released.abort();
  }

  async pass(signal: AbortSignal): Promise<void> {
    this.#arrived += 1;
    for (const { count, resolve } of this.#arrivals) if (this.#arrived >= count) resolve();
    await aborted(AbortSignal.any([this.#released.signal, signal]));
    signal.throwIfAborted();
  }
}

/** Resolves when the signal is aborted: the body of a tool that hangs. */
export async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    signal.addEventListener(
      'abort',
      () => {
        resolve();
      },
      { once: true },
    );
  });
}

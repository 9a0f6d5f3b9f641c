/** What was opened so far, to be closed in the reverse order. */
export class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#closers.push(async () => part[Symbol.asyncDispose]());
    return part;
  }

  /** One that cannot be closed does not keep the others open. @throws the first error, once all were tried */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

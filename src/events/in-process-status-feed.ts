import type { Change, ChangeListener, StatusFeed } from './status-feed.js';

/** For a catalog that one server has to itself. */
export class InProcessStatusFeed implements StatusFeed {
  readonly #listeners = new Set<ChangeListener>();
  readonly #onListenerError: (error: unknown) => void;

  constructor(onListenerError: (error: unknown) => void) {
    this.#onListenerError = onListenerError;
  }

  publish(change: Change): void {
    for (const listener of this.#listeners) {
      try {
        listener(change);
      } catch (error) {
        this.#onListenerError(error);
      }
    }
  }

  subscribe(listener: ChangeListener): () => void {
    // A function of its own for each call, so that subscribing one listener twice needs two unsubscriptions.
    const entry: ChangeListener = (change) => {
      listener(change);
    };
    this.#listeners.add(entry);
    return () => {
      this.#listeners.delete(entry);
    };
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#listeners.clear();
    return Promise.resolve();
  }
}

/**
 * An iterator that ends as soon as its reader asks, also while it waits for a value: a generator alone would first wait
 * for the next one, and so would keep every abandoned subscription alive. `release` must make the waiting generator go
 * on and end; it may be called more than once.
 */
export function toSubscription<T>(values: AsyncGenerator<T, void>, release: () => void): AsyncIterableIterator<T> {
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const result = await values.next();
        if (result.done === true) release();
        return result;
      } catch (error) {
        release();
        throw error;
      }
    },
    async return() {
      release();
      await values.return();
      return { done: true, value: undefined };
    },
  };
}

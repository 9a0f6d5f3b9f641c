import PQueue from 'p-queue';

/**
 * Runs work for each item, at most `limit` at once. The first that fails stops the rest: those under way are told by
 * their signal, and waited for, so that nothing goes on behind the back of whoever cleans up.
 * @returns the results in the order of the items
 * @throws what failed first
 */
export async function sideBySide<T, R>(
  items: readonly T[],
  { limit, signal }: { readonly limit: number; readonly signal: AbortSignal },
  work: (item: T, index: number, signal: AbortSignal) => Promise<R>,
): Promise<readonly R[]> {
  const failing = new AbortController();
  const anyStop = AbortSignal.any([signal, failing.signal]);
  const failures: unknown[] = [];
  const results: R[] = [];
  const queue = new PQueue({ concurrency: limit });
  for (const [index, item] of items.entries()) {
    void queue.add(async () => {
      try {
        anyStop.throwIfAborted();
        results[index] = await work(item, index, anyStop);
      } catch (error) {
        failures.push(error);
        failing.abort(error);
      }
    });
  }
  await queue.onIdle();
  if (failures.length > 0) throw failures[0];
  return results;
}

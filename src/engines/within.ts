interface Bounds {
  /** Null = no limit but the signal. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
  /** What to throw when the time is over. */
  readonly toTimeout: () => Error;
}

/**
 * Waits for work no longer than the bounds allow. The work itself goes on: whoever started it ends it.
 * @throws what the work throws; the reason of the signal, also when it was aborted before
 */
export async function within<T>(work: Promise<T>, { timeoutMs, signal, toTimeout }: Bounds): Promise<T> {
  if (signal.aborted) {
    // Nobody listens to it any more.
    work.catch(() => undefined);
    signal.throwIfAborted();
  }
  const settled = new AbortController();
  const bound = new Promise<never>((_resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', abort, { once: true, signal: settled.signal });
    if (timeoutMs === null) return;
    const timer = setTimeout(() => {
      reject(toTimeout());
    }, timeoutMs);
    settled.signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
  try {
    return await Promise.race([work, bound]);
  } finally {
    settled.abort();
  }
}

/** Passes content on, and throws as soon as the signal is aborted, also while the content itself hangs. */
export async function* abortable<T>(content: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  const iterator = content[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await nextOf(iterator, signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    const returned = iterator.return?.();
    // An iterator that hangs does not return either.
    if (signal.aborted) returned?.catch(() => undefined);
    else await returned;
  }
}

async function nextOf<T>(iterator: AsyncIterator<T>, signal: AbortSignal): Promise<IteratorResult<T>> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    iterator
      .next()
      .then(resolve, reject)
      .finally(() => {
        signal.removeEventListener('abort', abort);
      });
  });
}

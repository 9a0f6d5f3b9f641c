import { setTimeout as delay } from 'node:timers/promises';

/** How long work that was told to stop may take to let go, before others go on without it. */
const STOP_TIMEOUT_MS = 10_000;

/**
 * Waits for work that heeds the signal. Work that does not, stuck in the operating system perhaps, is abandoned some time
 * after the signal: a backup that cannot be stopped must not keep its instance for ever.
 */
export async function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  const abandoned = new Promise<never>((_resolve, reject) => {
    const onAbort = (): void => {
      delay(STOP_TIMEOUT_MS, undefined, { signal: settled.signal }).then(
        () => {
          reject(signal.reason as Error);
        },
        () => undefined,
      );
    };
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([work, abandoned]);
  } finally {
    settled.abort();
  }
}

/** Waits for work that only lets go of things: neither its error nor its delay may hold up the end of a backup. */
export async function untilReleased(release: PromiseLike<unknown>): Promise<void> {
  await untilStopped(Promise.resolve(release), AbortSignal.abort()).catch(() => undefined);
}

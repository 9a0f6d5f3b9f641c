import type { ApolloClient } from '@apollo/client';
import type { LiveEvent, LiveUpdates } from './live-updates';

/** Changes that come close together are one reason to read a list again. */
const GATHER_MS = 150;
/** Least time between two readings: what a busy server tells a page must not become its load. */
const INTERVAL_MS = 1000;
/** After a reading that has failed; twice as long after each that fails again. */
const FIRST_RETRY_MS = 2000;
const LONGEST_RETRY_MS = 30_000;

/** What is asked of the instances themselves is dear, and no event says that it changed: these are read when opened. */
const ASKED_OF_INSTANCES: ReadonlySet<string | undefined> = new Set(['InstanceDatabases']);

/**
 * Reads the lists on the screen again when something may have come to them or left them. Records that stay where they are
 * need no reading: their changes bring the new values along.
 */
export function refreshLists(client: ApolloClient, live: LiveUpdates): void {
  let timer: number | undefined;
  let reading: Promise<boolean> | null = null;
  let earliest = 0;
  let failures = 0;

  const schedule = (): void => {
    timer ??= window.setTimeout(() => void read(), Math.max(GATHER_MS, earliest - performance.now()));
  };
  const read = async (): Promise<void> => {
    // What it reads may be older than the change that is the reason to read again.
    await reading;
    timer = undefined;
    earliest = performance.now() + INTERVAL_MS;
    reading = client
      .refetchQueries({ include: 'active', onQueryUpdated: ({ queryName }) => !ASKED_OF_INSTANCES.has(queryName) })
      .then(
        () => true,
        () => false,
      );
    if (await reading) {
      failures = 0;
      return;
    }
    failures += 1;
    earliest = performance.now() + Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
    schedule();
  };
  live.listen((event) => {
    if (changesLists(event)) schedule();
  });
}

function changesLists(event: LiveEvent): boolean {
  return event.kind === 'backup' || event.kind === 'restore' ? event.isNews : true;
}

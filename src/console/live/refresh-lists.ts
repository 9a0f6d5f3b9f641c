import type { ApolloClient } from '@apollo/client';
import type { LiveEvent, LiveUpdates } from './live-updates';

/** Changes that come close together are one reason to read a list again. */
const GATHER_MS = 150;
/** Least time between two readings: what a busy server tells a page must not become its load. */
const INTERVAL_MS = 1000;

/** What is asked of the instances themselves is dear, and no event says that it changed: these are read when opened. */
const ASKED_OF_INSTANCES: ReadonlySet<string | undefined> = new Set(['InstanceDatabases']);

/**
 * Reads the lists on the screen again when something may have come to them or left them. Records that stay where they are
 * need no reading: their changes bring the new values along.
 */
export function refreshLists(client: ApolloClient, live: LiveUpdates): void {
  let timer: number | undefined;
  let nextAt = 0;
  const refresh = async (): Promise<void> => {
    nextAt = performance.now() + INTERVAL_MS;
    timer = undefined;
    await client
      .refetchQueries({
        include: 'active',
        onQueryUpdated: ({ queryName }) => !ASKED_OF_INSTANCES.has(queryName),
      })
      // A page whose query fails says so itself.
      .catch(() => undefined);
  };
  live.listen((event) => {
    if (!changesLists(event)) return;
    timer ??= window.setTimeout(() => void refresh(), Math.max(GATHER_MS, nextAt - performance.now()));
  });
}

function changesLists(event: LiveEvent): boolean {
  return event.kind === 'backup' || event.kind === 'restore' ? event.isNews : true;
}

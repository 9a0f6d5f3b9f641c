import type { ApolloClient } from '@apollo/client';
import type { LiveEvent, LiveUpdates } from './live-updates';

/** Changes that come close together are one reason to read a list again. */
const GATHER_MS = 150;

/** What is asked of the instances themselves is dear, and no event says that it changed: these are read when opened. */
const ASKED_OF_INSTANCES: ReadonlySet<string | undefined> = new Set(['InstanceDatabases']);

/**
 * Reads the lists on the screen again when something may have come to them or left them. Records that stay where they are
 * need no reading: their changes bring the new values along.
 */
export function refreshLists(client: ApolloClient, live: LiveUpdates): void {
  let timer: number | undefined;
  const refresh = async (): Promise<void> => {
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
    timer ??= window.setTimeout(() => void refresh(), GATHER_MS);
  });
}

function changesLists(event: LiveEvent): boolean {
  return event.kind === 'backup' || event.kind === 'restore' ? event.isNews : true;
}

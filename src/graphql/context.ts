import type { Caller } from '../domain/caller.js';
import type { WatchBackups } from '../services/watch-backups.js';
import type { WatchDeletions } from '../services/watch-deletions.js';
import type { WatchInstanceStatus } from '../services/watch-instance-status.js';
import type { WatchRestores } from '../services/watch-restores.js';
import type { Loaders } from './loaders.js';

/** What every operation carries. A subscription's context lives as long as the subscription. */
export interface GraphQLContext {
  readonly caller: Caller;
  readonly loaders: Loaders;
  /** Here, because type-graphql calls a subscription's `subscribe` without its resolver. */
  readonly watchInstanceStatus: WatchInstanceStatus;
  readonly watchBackups: WatchBackups;
  readonly watchRestores: WatchRestores;
  readonly watchDeletions: WatchDeletions;
  /** Drops a subscriber that is too slow for its buffer, in a way that lets it resume. */
  readonly dropSlowSubscriber: () => void;
}

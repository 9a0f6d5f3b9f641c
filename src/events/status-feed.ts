import type { DeletedRecord } from '../domain/deleted-record.js';

/** What may have changed in the catalog. */
export type Change =
  /** The log of status changes has grown. */
  | { readonly kind: 'status' }
  /** A backup looks different: its progress, its status. */
  | { readonly kind: 'backup'; readonly backupId: string }
  /** A restore looks different. */
  | { readonly kind: 'restore'; readonly restoreId: string }
  /** A record is gone. */
  | { readonly kind: 'deleted'; readonly record: DeletedRecord }
  /** A user has cancelled a backup: whoever works on it must stop. */
  | { readonly kind: 'cancel'; readonly backupId: string }
  /** Any of the above, perhaps many times: the feed could not hear for a while. */
  | { readonly kind: 'missed' };

/**
 * Wakes up whoever waits for a change, on every server of the catalog. It carries no state: the catalog has that.
 *
 * - `publish` is called after the commit. It never throws and never waits.
 * - Listeners are called in the order of publication, each change at least once on each live server. A feed that crosses
 *   the network can lose a wake-up when its connection breaks; it then announces `missed` to
 *   the listeners of this server once it is back.
 * - A listener that throws disturbs neither the publisher nor other listeners.
 */
export interface StatusFeed extends AsyncDisposable {
  publish(change: Change): void;
  /** Returns the way to unsubscribe, which may be called more than once. */
  subscribe(listener: ChangeListener): () => void;
}

export type ChangeListener = (change: Change) => void;

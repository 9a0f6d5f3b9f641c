import type { Caller } from '../domain/caller.js';
import type { DeletedRecord } from '../domain/deleted-record.js';
import type { StatusFeed } from '../events/status-feed.js';
import { BoundedChannel } from './bounded-channel.js';
import { toSubscription } from './subscription.js';

interface WatchDeletionsDeps {
  readonly feed: StatusFeed;
  /** Values that may wait for one slow subscriber. */
  readonly capacity: number;
}

interface WatchDeletionsInput {
  /** Called when the subscriber has missed something: it is so slow that its buffer is full, or the feed was deaf. The stream then ends. */
  readonly onOverflow: () => void;
}

/** Streams what is deleted, once it is gone. Nobody keeps a list of that: what goes while nobody watches is not told later. */
export class WatchDeletions implements AsyncDisposable {
  readonly #capacity: number;
  readonly #followers = new Set<BoundedChannel<DeletedRecord>>();
  readonly #unsubscribe: () => void;

  constructor({ feed, capacity }: WatchDeletionsDeps) {
    this.#capacity = capacity;
    this.#unsubscribe = feed.subscribe((change) => {
      if (change.kind === 'missed') for (const channel of this.#followers) channel.overflow();
      if (change.kind !== 'deleted') return;
      for (const channel of this.#followers) channel.push(change.record);
    });
  }

  get followerCount(): number {
    return this.#followers.size;
  }

  /** From this call on, without a wait: whoever reads the lists after it misses nothing. */
  watch(_caller: Caller, { onOverflow }: WatchDeletionsInput): AsyncIterableIterator<DeletedRecord> {
    const channel = new BoundedChannel<DeletedRecord>({ capacity: this.#capacity, keyOf: ({ id }) => id, onOverflow });
    this.#followers.add(channel);
    return toSubscription(channel[Symbol.asyncIterator](), () => {
      this.#followers.delete(channel);
      channel.close();
    });
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    for (const channel of this.#followers) channel.close();
    this.#followers.clear();
    return Promise.resolve();
  }
}

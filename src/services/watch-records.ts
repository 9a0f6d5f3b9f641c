import type { Change, StatusFeed } from '../events/status-feed.js';
import { BoundedChannel } from './bounded-channel.js';
import { toSubscription } from './subscription.js';

interface RecordSource<T> {
  /** The id of the record that a change is about; null when it is about none of this kind. */
  idOf(change: Change): string | null;
  /** In the order of the ids; null where there is none. */
  findMany(ids: readonly string[]): Promise<readonly (T | null)[]>;
}

interface WatchRecordsDeps {
  readonly feed: StatusFeed;
  /** Values that may wait for one slow subscriber. */
  readonly capacity: number;
  readonly onError: (error: unknown) => void;
}

interface RecordWatchOrder<T> {
  readonly isWanted: (record: T) => boolean;
  /** Checks what is asked for, once changes are collected. Returns the id of the record whose state now comes first; null = none. */
  readonly prepare: () => Promise<string | null>;
  /** Called when the subscriber has missed something: it is so slow that its buffer is full, or the feed was deaf. The stream then ends. */
  readonly onOverflow: () => void;
}

interface Follower<T> {
  readonly isWanted: (record: T) => boolean;
  readonly channel: BoundedChannel<T>;
}

/**
 * Streams records as they change. A subscriber that is slower than the changes gets the newest state of each record and
 * not every one in between. Each change is read once for all subscribers.
 */
export class WatchRecords<T extends { readonly id: string }> implements AsyncDisposable {
  readonly #source: RecordSource<T>;
  readonly #capacity: number;
  readonly #followers = new Set<Follower<T>>();
  readonly #unsubscribe: () => void;
  readonly #onError: (error: unknown) => void;
  /** Records to read; a change of one that is on its way already waits for no second turn. */
  readonly #stale = new Set<string>();
  #reading: Promise<void> | null = null;

  constructor(source: RecordSource<T>, { feed, capacity, onError }: WatchRecordsDeps) {
    this.#source = source;
    this.#capacity = capacity;
    this.#onError = onError;
    this.#unsubscribe = feed.subscribe((change) => {
      if (change.kind === 'missed') for (const { channel } of this.#followers) channel.overflow();
      const id = source.idOf(change);
      if (id !== null) this.#wake(id);
    });
  }

  get followerCount(): number {
    return this.#followers.size;
  }

  /** @throws what `prepare` throws */
  async follow({ isWanted, prepare, onOverflow }: RecordWatchOrder<T>): Promise<AsyncIterableIterator<T>> {
    const channel = new BoundedChannel<T>({ capacity: this.#capacity, keyOf: ({ id }) => id, onOverflow });
    const follower = { isWanted, channel };
    this.#followers.add(follower);
    const release = (): void => {
      this.#followers.delete(follower);
      channel.close();
    };
    try {
      const first = await prepare();
      // Read once more, in turn with the changes: an older state must not come after a newer one.
      if (first !== null) this.#wake(first);
      return toSubscription(channel[Symbol.asyncIterator](), release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#unsubscribe();
    for (const { channel } of this.#followers) channel.close();
    this.#followers.clear();
    await this.#reading;
  }

  #wake(id: string): void {
    if (this.#followers.size === 0) return;
    this.#stale.add(id);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      for (const stale of this.#stale) this.#wake(stale);
    });
  }

  async #read(): Promise<void> {
    while (this.#stale.size > 0) {
      const ids = [...this.#stale];
      this.#stale.clear();
      try {
        for (const record of await this.#source.findMany(ids)) {
          if (record !== null) this.#deliver(record);
        }
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #deliver(record: T): void {
    for (const { isWanted, channel } of this.#followers) {
      if (isWanted(record)) channel.push(record);
    }
  }
}

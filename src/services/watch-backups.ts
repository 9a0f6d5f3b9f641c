import type { Catalog } from '../catalog/catalog.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import { DomainError } from '../domain/errors.js';
import type { StatusFeed } from '../events/status-feed.js';
import { BoundedChannel } from './bounded-channel.js';
import { toSubscription } from './subscription.js';

export interface WatchBackupsInput {
  readonly instanceId: string | null;
  readonly backupId: string | null;
  /** Called when the subscriber is so slow that its buffer is full; the stream then ends. */
  readonly onOverflow: () => void;
}

interface Follower extends WatchBackupsInput {
  readonly channel: BoundedChannel<Backup>;
}

interface WatchBackupsDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly capacity: number;
  readonly onError: (error: unknown) => void;
}

/**
 * Streams backups as they change. A subscriber that is slower than the progress gets the newest state of each backup and
 * not every one in between. For one backup, its state now comes first. Each change is read once for all subscribers.
 */
export class WatchBackups implements AsyncDisposable {
  readonly #catalog: Catalog;
  readonly #capacity: number;
  readonly #followers = new Set<Follower>();
  readonly #unsubscribe: () => void;
  readonly #onError: (error: unknown) => void;
  /** Backups to read; a change of one that is on its way already waits for no second turn. */
  readonly #stale = new Set<string>();
  #reading: Promise<void> | null = null;

  constructor(deps: WatchBackupsDeps) {
    this.#catalog = deps.catalog;
    this.#capacity = deps.capacity;
    this.#onError = deps.onError;
    this.#unsubscribe = deps.feed.subscribe((change) => {
      if (change.kind === 'backup') this.#wake(change.backupId);
    });
  }

  get followerCount(): number {
    return this.#followers.size;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND, BACKUP_NOT_FOUND */
  async watch(_caller: Caller, input: WatchBackupsInput): Promise<AsyncIterableIterator<Backup>> {
    const { instanceId, backupId, onOverflow } = input;
    const channel = new BoundedChannel<Backup>({ capacity: this.#capacity, keyOf: (backup) => backup.id, onOverflow });
    const follower = { ...input, channel };
    this.#followers.add(follower);
    const release = (): void => {
      this.#followers.delete(follower);
      channel.close();
    };
    try {
      if (instanceId !== null && (await this.#catalog.instances.find(instanceId)) === null) {
        throw new DomainError('INSTANCE_NOT_FOUND', { instanceId });
      }
      if (backupId !== null) {
        if ((await this.#catalog.backups.find(backupId)) === null) {
          throw new DomainError('BACKUP_NOT_FOUND', { backupId });
        }
        // Read once more, in turn with the changes: an older state must not come after a newer one.
        this.#wake(backupId);
      }
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

  #wake(backupId: string): void {
    if (this.#followers.size === 0) return;
    this.#stale.add(backupId);
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      for (const id of this.#stale) this.#wake(id);
    });
  }

  async #read(): Promise<void> {
    while (this.#stale.size > 0) {
      const ids = [...this.#stale];
      this.#stale.clear();
      try {
        for (const backup of await this.#catalog.backups.findMany(ids)) {
          if (backup !== null) this.#deliver(backup);
        }
      } catch (error) {
        this.#onError(error);
      }
    }
  }

  #deliver(backup: Backup): void {
    for (const { instanceId, backupId, channel } of this.#followers) {
      const isWanted = (instanceId ?? backup.instanceId) === backup.instanceId && (backupId ?? backup.id) === backup.id;
      if (isWanted) channel.push(backup);
    }
  }
}

import type { Catalog } from '../catalog/catalog.js';
import type { Backup } from '../domain/backup.js';
import type { Instance, StatusChange } from '../domain/instance.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { BoundedChannel } from './bounded-channel.js';

/** A status change together with what it is about, as that is now. */
export interface StatusMessage extends StatusChange {
  readonly instance: Instance;
  /** Null when the change has no backup, or the backup is gone. */
  readonly backup: Backup | null;
}

/** Changes read from the log at a time. */
const BATCH = 500;
/** The log is looked at this often even if nobody announces a change: a lost wake-up must not lose an event. */
const POLL_INTERVAL_MS = 5000;

interface Follower {
  /** Null = every instance. */
  readonly instanceId: string | null;
  readonly channel: BoundedChannel<StatusMessage>;
}

interface StatusTailDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly onError: (error: unknown) => void;
}

/** Reads the end of the log once for all subscribers of this server, and hands them each new change, in order. */
export class StatusTail implements AsyncDisposable {
  readonly #catalog: Catalog;
  readonly #followers = new Set<Follower>();
  readonly #unsubscribe: () => void;
  readonly #poll: NodeJS.Timeout;
  readonly #onError: (error: unknown) => void;
  #position: string;
  #reading: Promise<void> | null = null;
  #isStale = false;

  private constructor(deps: StatusTailDeps, position: string) {
    this.#catalog = deps.catalog;
    this.#onError = deps.onError;
    this.#position = position;
    this.#unsubscribe = deps.feed.subscribe((change) => {
      if (change.kind === 'status' || change.kind === 'missed') this.#wake();
    });
    this.#poll = setInterval(() => {
      this.#wake();
    }, POLL_INTERVAL_MS).unref();
  }

  static async start(deps: StatusTailDeps): Promise<StatusTail> {
    return new StatusTail(deps, await deps.catalog.statusChanges.latestId());
  }

  get followerCount(): number {
    return this.#followers.size;
  }

  /** From now on the channel gets every change that this tail reads. Returns the way to stop that. */
  follow(follower: Follower): () => void {
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#poll);
    this.#unsubscribe();
    for (const { channel } of this.#followers) channel.close();
    this.#followers.clear();
    await this.#reading;
  }

  #wake(): void {
    this.#isStale = true;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
      if (this.#isStale) this.#wake();
    });
  }

  async #read(): Promise<void> {
    try {
      while (this.#isStale) {
        this.#isStale = false;
        const changes = await this.#catalog.statusChanges.list({
          after: this.#position,
          instanceId: null,
          limit: BATCH,
        });
        for (const message of await withSubjects(this.#catalog, changes)) {
          for (const { instanceId, channel } of this.#followers) {
            if (instanceId === null || instanceId === message.instanceId) channel.push(message);
          }
        }
        this.#position = changes.at(-1)?.id ?? this.#position;
        if (changes.length === BATCH) this.#isStale = true;
      }
    } catch (error) {
      // The next wake-up, at the latest the next poll, reads on from the same position.
      this.#onError(error);
    }
  }
}

/** Adds the instances and backups, in two statements. A change whose instance was deleted meanwhile is gone with it. */
export async function withSubjects(
  catalog: Catalog,
  changes: readonly StatusChange[],
): Promise<readonly StatusMessage[]> {
  if (changes.length === 0) return [];
  const backupIds = changes.map((change) => change.backupId).filter((id) => id !== null);
  const instances = byId(await catalog.instances.findMany(changes.map((change) => change.instanceId)));
  const backups = byId(backupIds.length === 0 ? [] : await catalog.backups.findMany(backupIds));
  return changes.flatMap((change) => {
    const instance = instances.get(change.instanceId);
    return instance === undefined ? [] : [{ ...change, instance, backup: backups.get(change.backupId ?? '') ?? null }];
  });
}

function byId<T extends { id: string }>(items: readonly (T | null)[]): ReadonlyMap<string, T> {
  return new Map(items.filter((item) => item !== null).map((item) => [item.id, item]));
}

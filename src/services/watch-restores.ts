import type { Catalog } from '../catalog/catalog.js';
import type { Caller } from '../domain/caller.js';
import { DomainError } from '../domain/errors.js';
import type { Restore } from '../domain/restore.js';
import type { StatusFeed } from '../events/status-feed.js';
import { getInstance } from './instance-refusal.js';
import { WatchRecords } from './watch-records.js';

export interface WatchRestoresInput {
  readonly targetInstanceId: string | null;
  readonly restoreId: string | null;
  /** Called when the subscriber has missed something: it is so slow that its buffer is full, or the feed was deaf. The stream then ends. */
  readonly onOverflow: () => void;
}

interface WatchRestoresDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly capacity: number;
  readonly onError: (error: unknown) => void;
}

/** Streams restores as they change. For one restore, its state now comes first. */
export class WatchRestores extends WatchRecords<Restore> {
  readonly #catalog: Catalog;

  constructor(deps: WatchRestoresDeps) {
    const { catalog } = deps;
    const idOf = (change: Parameters<StatusFeed['publish']>[0]): string | null =>
      change.kind === 'restore' ? change.restoreId : null;
    super({ idOf, findMany: (ids) => catalog.restores.findMany(ids) }, deps);
    this.#catalog = catalog;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND, RESTORE_NOT_FOUND */
  async watch(_caller: Caller, input: WatchRestoresInput): Promise<AsyncIterableIterator<Restore>> {
    const { targetInstanceId, restoreId, onOverflow } = input;
    return this.follow({
      isWanted: ({ id, targetInstanceId: to }) => (targetInstanceId ?? to) === to && (restoreId ?? id) === id,
      prepare: async () => {
        if (targetInstanceId !== null) await getInstance(this.#catalog, targetInstanceId);
        if (restoreId === null || (await this.#catalog.restores.find(restoreId)) !== null) return restoreId;
        throw new DomainError('RESTORE_NOT_FOUND', { restoreId });
      },
      onOverflow,
    });
  }
}

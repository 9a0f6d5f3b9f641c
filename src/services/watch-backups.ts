import type { Catalog } from '../catalog/catalog.js';
import type { Backup } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import { DomainError } from '../domain/errors.js';
import type { StatusFeed } from '../events/status-feed.js';
import { getInstance } from './instance-refusal.js';
import { WatchRecords } from './watch-records.js';

export interface WatchBackupsInput {
  readonly instanceId: string | null;
  readonly backupId: string | null;
  /** Called when the subscriber has missed something: it is so slow that its buffer is full, or the feed was deaf. The stream then ends. */
  readonly onOverflow: () => void;
}

interface WatchBackupsDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly capacity: number;
  readonly onError: (error: unknown) => void;
}

/** Streams backups as they change. For one backup, its state now comes first. */
export class WatchBackups extends WatchRecords<Backup> {
  readonly #catalog: Catalog;

  constructor(deps: WatchBackupsDeps) {
    const { catalog } = deps;
    const idOf = (change: Parameters<StatusFeed['publish']>[0]): string | null =>
      change.kind === 'backup' ? change.backupId : null;
    super({ idOf, findMany: (ids) => catalog.backups.findMany(ids) }, deps);
    this.#catalog = catalog;
  }

  /** @throws DomainError INSTANCE_NOT_FOUND, BACKUP_NOT_FOUND */
  async watch(_caller: Caller, input: WatchBackupsInput): Promise<AsyncIterableIterator<Backup>> {
    const { instanceId, backupId, onOverflow } = input;
    return this.follow({
      isWanted: ({ id, instanceId: of }) => (instanceId ?? of) === of && (backupId ?? id) === id,
      prepare: async () => {
        if (instanceId !== null) await getInstance(this.#catalog, instanceId);
        if (backupId === null || (await this.#catalog.backups.find(backupId)) !== null) return backupId;
        throw new DomainError('BACKUP_NOT_FOUND', { backupId });
      },
      onOverflow,
    });
  }
}

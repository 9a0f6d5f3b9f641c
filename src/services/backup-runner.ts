import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { BackupFailedError } from '../domain/failure.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { RunBackup } from './run-backup.js';
import { cancelled } from './to-failure.js';
import { WorkRunner } from './work-runner.js';

interface BackupRunnerDeps {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly runBackup: RunBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  readonly maxConcurrent: number;
  readonly onLeft: () => void;
}

/** Runs the backups of this server. What waits or runs can be cancelled, from any server. */
export class BackupRunner extends WorkRunner<Backup> {
  readonly #catalog: Catalog;
  readonly #logger: Logger;
  readonly #unsubscribe: () => void;

  constructor(deps: BackupRunnerDeps) {
    const { catalog, feed, runBackup, logger } = deps;
    super({
      ...deps,
      kind: {
        name: 'backup',
        run: (backup, stop) => runBackup.run(backup, stop),
        renewLeases: (ids, lease) => catalog.transaction(({ backups }) => backups.renewLeases(ids, lease)),
        shuttingDown,
        // The wake-up of another server may have been lost on its way.
        onRenewed: (ids) => this.#stopCancelled(ids),
      },
    });
    this.#catalog = catalog;
    this.#logger = logger;
    this.#unsubscribe = feed.subscribe((change) => {
      if (change.kind === 'cancel') void this.#stopCancelled([change.backupId]);
    });
  }

  override async drain(graceMs: number): Promise<void> {
    await super.drain(graceMs);
    this.#unsubscribe();
  }

  /** The wake-up proves nothing: what was cancelled is in the catalog. */
  async #stopCancelled(backupIds: readonly string[]): Promise<void> {
    const mine = backupIds.filter((id) => this.has(id));
    if (mine.length === 0) return;
    try {
      for (const id of await this.#catalog.backups.findCancelled(mine)) this.stop(id, cancelled());
    } catch (error) {
      this.#logger.warn({ err: error }, 'cancelled backups could not be looked up; it is tried again');
    }
  }
}

function shuttingDown(): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.INTERRUPTED,
    'The server was shut down before the backup had finished. Take it again.',
  );
}

import type { Logger } from 'pino';
import { ArtifactNotFoundError } from '../artifacts/artifact-store.js';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { toArtifact } from '../artifacts/manifest.js';
import type { Manifest } from '../artifacts/manifest.js';
import type { Catalog, LeasedBackup } from '../catalog/catalog.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import type { BackupRunner } from './backup-runner.js';
import type { ConcludeBackup } from './conclude-backup.js';
import { readManifest } from './read-manifest.js';
import type { IsAbandoned, Recoverable } from './recovery.js';

interface RecoverBackupsDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly runner: BackupRunner;
  readonly conclude: ConcludeBackup;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Ends the backups that a crash has left BUILDING. The manifest is the commit point: with it the backup is COMPLETED,
 * without it FAILED as INTERRUPTED, its files removed. Either way the instance is given back.
 */
export class RecoverBackups implements Recoverable {
  readonly #deps: RecoverBackupsDeps;

  constructor(deps: RecoverBackupsDeps) {
    this.#deps = deps;
  }

  async recover(isAbandoned: IsAbandoned): Promise<void> {
    const { catalog, runner, conclude, logger } = this.#deps;
    for (const leased of await catalog.backups.listBuilding()) {
      if (runner.has(leased.backup.id) || !isAbandoned(leased.lease)) continue;
      // Whoever held it may only have been asleep: without its lease it can no longer end the backup in another way.
      const isTaken = await catalog.transaction(({ backups }) =>
        backups.takeOver(leased.backup.id, leased.lease, runner.newLease()),
      );
      if (!isTaken) continue;
      try {
        await this.#end(leased);
      } catch (error) {
        logger.error({ err: error, backupId: leased.backup.id }, 'backup cannot be recovered yet; it is tried again');
      }
    }
    await conclude.cleanLeftovers();
  }

  async #end({ backup, isCondemned }: LeasedBackup): Promise<void> {
    const { conclude, clock, logger } = this.#deps;
    const manifest = isCondemned ? null : await this.#findManifest(backup);
    if (manifest !== null) {
      logger.info({ backupId: backup.id }, 'backup had its manifest written: it is completed');
      const completedAt = new Date(manifest.backup.completedAt);
      await conclude.complete(backup, { artifacts: manifest.artifacts.map(toArtifact), completedAt });
      return;
    }
    logger.warn({ backupId: backup.id }, 'backup was interrupted');
    await conclude.fail(backup, {
      code: BackupFailureCode.INTERRUPTED,
      message: 'The server stopped before the backup had finished. Take it again.',
      occurredAt: clock(),
    });
  }

  async #findManifest(backup: Backup): Promise<Manifest | null> {
    const { store } = this.#deps;
    const folder = { project: backup.project, backupId: backup.id };
    try {
      const manifest = await readManifest(store, folder, new AbortController().signal);
      if (manifest === null) return null;
      for (const { path, storedBytes } of manifest.artifacts) {
        if ((await store.findSize({ ...folder, name: path })) !== storedBytes) return null;
      }
      return manifest;
    } catch (error) {
      if (error instanceof ArtifactNotFoundError) return null;
      throw error;
    }
  }
}

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

/** How often a running server looks for backups that others, or it itself, have abandoned. */
const RECOVERY_INTERVAL_MS = 15_000;

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
export class RecoverBackups implements AsyncDisposable {
  readonly #deps: RecoverBackupsDeps;
  #timer: NodeJS.Timeout | null = null;
  #recovering: Promise<void> = Promise.resolve();

  constructor(deps: RecoverBackupsDeps) {
    this.#deps = deps;
  }

  /** At start, before anything else runs. On a catalog of our own every unfinished backup belongs to a dead process. */
  async recoverAtStart(): Promise<void> {
    const { catalog } = this.#deps;
    await this.#recover((leased) => catalog.isExclusive || this.#isExpired(leased));
    this.#timer = setInterval(() => {
      this.#recovering = this.#recovering
        .then(() => this.#recover((leased) => this.#isExpired(leased)))
        .catch((error: unknown) => {
          this.#deps.logger.error({ err: error }, 'recovery has failed; it is tried again');
        });
    }, RECOVERY_INTERVAL_MS).unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#recovering;
  }

  async #recover(isOrphan: (leased: LeasedBackup) => boolean): Promise<void> {
    const { catalog, runner, conclude, logger } = this.#deps;
    for (const leased of await catalog.backups.listBuilding()) {
      if (runner.has(leased.backup.id) || !isOrphan(leased)) continue;
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

  #isExpired({ lease }: LeasedBackup): boolean {
    return lease.expiresAt.getTime() < this.#deps.clock().getTime();
  }
}

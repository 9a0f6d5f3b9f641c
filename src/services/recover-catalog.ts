import { ArtifactNotFoundError } from '../artifacts/artifact-store.js';
import type { ArtifactStore, BackupFolder } from '../artifacts/artifact-store.js';
import { toArtifact } from '../artifacts/manifest.js';
import type { Manifest } from '../artifacts/manifest.js';
import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog } from '../catalog/catalog.js';
import { BackupPhase, BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import { Engine } from '../domain/instance.js';
import { BACKUP_DESCRIPTION, BACKUP_NAME, INSTANCE_NAME, REGION_NAME } from '../domain/naming.js';
import { readManifest } from './read-manifest.js';

/** What came of one folder of the store. */
export type Recovered = BackupFolder &
  (
    | { readonly outcome: 'added'; readonly backup: Backup }
    /** The catalog has it already. */
    | { readonly outcome: 'known' }
    | { readonly outcome: 'unusable'; readonly reason: string }
  );

/**
 * Rebuilds the backups of a catalog from the manifests in a store. What the catalog has stays as it is, so it can be run
 * again. The instances are not in the store: their backups are those of deleted instances.
 */
export class RecoverCatalog {
  readonly #catalog: Catalog;
  readonly #store: ArtifactStore;

  constructor({ catalog, store }: { readonly catalog: Catalog; readonly store: ArtifactStore }) {
    this.#catalog = catalog;
    this.#store = store;
  }

  /** Each backup as it is come to. @throws ArtifactStoreError when the store itself cannot be read */
  async *recover(signal: AbortSignal): AsyncGenerator<Recovered> {
    for await (const folder of this.#store.list(signal))
      yield { ...folder, ...(await this.#recoverOne(folder, signal)) };
  }

  async #recoverOne(folder: BackupFolder, signal: AbortSignal): Promise<WithoutFolder<Recovered>> {
    if ((await this.#catalog.backups.find(folder.backupId)) !== null) return { outcome: 'known' };
    const manifest = await readManifest(this.#store, folder, signal);
    const fault = manifest === null ? 'its manifest is not what was written' : await this.#findFault(folder, manifest);
    if (manifest === null || fault !== null) return { outcome: 'unusable', reason: fault ?? '' };
    const backup = toBackup(manifest);
    try {
      await this.#catalog.transaction(({ backups }) => backups.insertFound(backup, manifest.artifacts.map(toArtifact)));
      return { outcome: 'added', backup };
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      return { outcome: 'unusable', reason: `project ${backup.project} has another backup named ${backup.name}` };
    }
  }

  /** A manifest that is whole may still be of something else, and its files may be gone. */
  async #findFault(folder: BackupFolder, { backup, artifacts }: Manifest): Promise<string | null> {
    if (!isPlausible(folder, backup)) return 'its manifest says what no backup here can be';
    for (const { path, storedBytes } of artifacts) {
      const isPlain = path !== '' && !path.includes('/') && path !== '..';
      const size = isPlain ? await this.#findSize(folder, path) : null;
      if (size === null) return `its file ${path} is gone`;
      if (size !== storedBytes)
        return `its file ${path} has ${size.toString()} bytes and had ${storedBytes.toString()}`;
    }
    return null;
  }

  async #findSize(folder: BackupFolder, name: string): Promise<number | null> {
    try {
      return await this.#store.findSize({ ...folder, name });
    } catch (error) {
      if (error instanceof ArtifactNotFoundError) return null;
      throw error;
    }
  }
}

type WithoutFolder<T> = T extends unknown ? Omit<T, keyof BackupFolder> : never;

function isPlausible(folder: BackupFolder, backup: Manifest['backup']): boolean {
  return (
    backup.project === folder.project &&
    BACKUP_NAME.pattern.test(backup.name) &&
    BACKUP_DESCRIPTION.pattern.test(backup.description ?? '') &&
    INSTANCE_NAME.pattern.test(backup.instanceName) &&
    REGION_NAME.pattern.test(backup.region) &&
    Object.values(BackupType).includes(backup.type) &&
    Object.values(Engine).includes(backup.engine) &&
    [backup.startedAt, backup.completedAt].every((time) => !Number.isNaN(Date.parse(time)))
  );
}

function toBackup({ backup, artifacts }: Manifest): Backup {
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, size) => total + size, 0);
  const sizeBytes = sum(artifacts.map(({ originalBytes }) => originalBytes));
  const completedAt = new Date(backup.completedAt);
  return {
    ...backup,
    status: BackupStatus.COMPLETED,
    includeSystemDatabases: artifacts.some(({ system }) => system),
    progress: { phase: BackupPhase.DONE, bytesDone: sizeBytes, bytesTotal: sizeBytes },
    sizeBytes,
    storedBytes: sum(artifacts.map(({ storedBytes }) => storedBytes)),
    startedAt: new Date(backup.startedAt),
    completedAt,
    failure: null,
    // It was read back before its manifest was written.
    verifiedAt: completedAt,
  };
}

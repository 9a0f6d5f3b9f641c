import type { ArtifactStore, BackupFolder } from '../artifacts/artifact-store.js';
import { decodeManifest, findManifestFault, toArtifact } from '../artifacts/manifest.js';
import type { Manifest } from '../artifacts/manifest.js';
import { UniqueViolationError } from '../catalog/catalog.js';
import type { Catalog } from '../catalog/catalog.js';
import { BackupPhase, BackupStatus } from '../domain/backup.js';
import type { Backup } from '../domain/backup.js';
import { messageOf } from '../domain/errors.js';
import { isPlausible } from './plausible-manifest.js';
import { readManifestBytes } from './read-manifest.js';

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
    const manifest = await this.#examine(folder, signal);
    if (typeof manifest === 'string') return { outcome: 'unusable', reason: manifest };
    const backup = toBackup(manifest);
    try {
      await this.#catalog.transaction(({ backups }) => backups.insertFound(backup, manifest.artifacts.map(toArtifact)));
      return { outcome: 'added', backup };
    } catch (error) {
      if (!(error instanceof UniqueViolationError)) throw error;
      return { outcome: 'unusable', reason: `project ${backup.project} has another backup named ${backup.name}` };
    }
  }

  /** The manifest of a backup, or why it cannot be used. */
  async #examine(folder: BackupFolder, signal: AbortSignal): Promise<Manifest | string> {
    try {
      const bytes = await readManifestBytes(this.#store, folder, signal);
      if (bytes === null) return 'its manifest is too large to be one of this server';
      const manifest = decodeManifest(bytes, folder.backupId);
      if (manifest === null) return `its manifest ${findManifestFault(bytes, folder.backupId)}`;
      if (!isPlausible(folder, manifest)) return 'its manifest says what no backup here can be';
      return (await this.#findMissing(folder, manifest.artifacts)) ?? manifest;
    } catch (error) {
      signal.throwIfAborted();
      return `it cannot be read: ${messageOf(error)}`;
    }
  }

  async #findMissing(folder: BackupFolder, artifacts: Manifest['artifacts']): Promise<string | null> {
    for (const { path, storedBytes } of artifacts) {
      const size = await this.#store.findSize({ ...folder, name: path });
      if (size === null) return `its file ${path} is gone`;
      if (size === storedBytes) continue;
      return `its file ${path} has ${size.toString()} bytes and had ${storedBytes.toString()}`;
    }
    return null;
  }
}

type WithoutFolder<T> = T extends unknown ? Omit<T, keyof BackupFolder> : never;

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

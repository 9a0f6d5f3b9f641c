import type { Readable } from 'node:stream';
import type { ArtifactStore, ByteRange } from '../artifacts/artifact-store.js';
import type { Catalog } from '../catalog/catalog.js';
import { BackupStatus } from '../domain/backup.js';
import type { Artifact, Backup } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import type { DownloadPermit, DownloadSigner } from './download-signer.js';

/** Where this server serves files, below its base URL. */
export const DOWNLOADS_PATH = '/downloads';

/** A stored file of a backup, and a URL from which whoever has it can fetch the file for a while. */
export interface DownloadLink {
  readonly database: string;
  readonly system: boolean;
  /** Bytes of the file. */
  readonly sizeBytes: number;
  /** A secret. */
  readonly url: string;
  readonly expiresAt: Date;
}

/** A file that may be fetched. */
export interface Download {
  readonly artifact: Artifact;
  open(signal: AbortSignal, range?: ByteRange): Promise<Readable>;
}

interface DownloadLinksDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly downloadSigner: DownloadSigner;
  readonly clock: Clock;
  /** How long a link is good. */
  readonly expiryMs: number;
  /** Base URL at which others reach the server; asked for when a link is made. */
  readonly baseUrl: () => string;
}

/** Makes links to the files of backups, and knows its own again. */
export class DownloadLinks {
  readonly #deps: DownloadLinksDeps;

  constructor(deps: DownloadLinksDeps) {
    this.#deps = deps;
  }

  /** None unless the backup is COMPLETED. A store that serves files itself does; otherwise this server. */
  async list({ id, project, status }: Backup): Promise<readonly DownloadLink[]> {
    if (status !== BackupStatus.COMPLETED) return [];
    const { store, clock, expiryMs } = this.#deps;
    const expiresAt = new Date(clock().getTime() + expiryMs);
    const artifacts = await this.#artifactsOf(id);
    return Promise.all(
      artifacts.map(async ({ database, system, storedBytes: sizeBytes, path: file }) => {
        const stored = await store.presign({ project, backupId: id, name: file }, expiryMs);
        return { database, system, sizeBytes, url: stored ?? this.#sign({ backupId: id, file, expiresAt }), expiresAt };
      }),
    );
  }

  /** Null when the signature is not of this server, has expired, or the file is no longer there: which of them, nobody is told. */
  async find(permit: DownloadPermit, signature: string): Promise<Download | null> {
    const { catalog, store, downloadSigner, clock } = this.#deps;
    if (!downloadSigner.isSigned(permit, signature) || permit.expiresAt <= clock()) return null;
    const backup = await catalog.backups.find(permit.backupId);
    if (backup?.status !== BackupStatus.COMPLETED) return null;
    const artifact = (await this.#artifactsOf(backup.id)).find(({ path }) => path === permit.file);
    if (artifact === undefined) return null;
    const file = { project: backup.project, backupId: backup.id, name: artifact.path };
    return { artifact, open: (signal, range) => store.open(file, signal, range) };
  }

  #sign(permit: DownloadPermit): string {
    const { backupId, file, expiresAt } = permit;
    const path = `${DOWNLOADS_PATH}/${encodeURIComponent(backupId)}/${encodeURIComponent(file)}`;
    const signature = this.#deps.downloadSigner.sign(permit);
    return `${this.#deps.baseUrl()}${path}?expires=${expiresAt.getTime().toString()}&signature=${signature}`;
  }

  async #artifactsOf(backupId: string): Promise<readonly Artifact[]> {
    const [databases = []] = await this.#deps.catalog.backups.findDatabases([backupId]);
    return databases.flatMap(({ artifact }) => (artifact === null ? [] : [artifact]));
  }
}

import type { Readable } from 'node:stream';
import type { ArtifactStore, ByteRange } from '../artifacts/artifact-store.js';
import type { Catalog } from '../catalog/catalog.js';
import { AuditAction, AuditOutcome } from '../domain/audit.js';
import { BackupStatus } from '../domain/backup.js';
import type { Artifact, Backup, BackupDatabase } from '../domain/backup.js';
import type { Caller } from '../domain/caller.js';
import type { Clock } from '../domain/clock.js';
import { toFile } from './artifact-file.js';
import type { AuditSubject, AuditTrail } from './audit-trail.js';
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
  readonly backup: Backup;
  readonly artifact: Artifact;
  open(signal: AbortSignal, range?: ByteRange): Promise<Readable>;
}

interface DownloadLinksDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly downloadSigner: DownloadSigner;
  readonly audit: AuditTrail;
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

  /**
   * Links to the files of a COMPLETED backup; none of another. A store that serves files itself does; otherwise this server.
   * @param databases what the catalog has of the backup
   */
  async list(caller: Caller, backup: Backup, databases: readonly BackupDatabase[]): Promise<readonly DownloadLink[]> {
    if (backup.status !== BackupStatus.COMPLETED) return [];
    const { store, audit, clock, expiryMs } = this.#deps;
    const expiresAt = new Date(clock().getTime() + expiryMs);
    const links = await Promise.all(
      toArtifacts(databases).map(async ({ database, system, storedBytes: sizeBytes, path: file }) => {
        const stored = await store.presign(toFile(backup, file), expiryMs);
        const url = stored ?? this.#sign({ backupId: backup.id, file, expiresAt });
        return { database, system, sizeBytes, url, expiresAt };
      }),
    );
    const details = `Links to the files of backup ${backup.name}, good until ${expiresAt.toISOString()}.`;
    await audit.note(audit.event(caller, { ...toSubject(backup), details }, AuditOutcome.ACCEPTED));
    return links;
  }

  /** Null when the signature is not of this server, has expired, or the file is no longer there: which of them, nobody is told. */
  async find(permit: DownloadPermit, signature: string): Promise<Download | null> {
    const { catalog, store, downloadSigner, clock } = this.#deps;
    if (!downloadSigner.isSigned(permit, signature) || permit.expiresAt <= clock()) return null;
    const backup = await catalog.backups.find(permit.backupId);
    if (backup?.status !== BackupStatus.COMPLETED) return null;
    const [databases = []] = await catalog.backups.findDatabases([backup.id]);
    const artifact = toArtifacts(databases).find(({ path }) => path === permit.file);
    if (artifact === undefined) return null;
    const file = toFile(backup, artifact.path);
    return { backup, artifact, open: (signal, range) => store.open(file, signal, range) };
  }

  /** Writes down what somebody with a link has been sent. @param isWhole whether all of the range went out */
  async noteSent({ backup, artifact }: Download, { start, end }: ByteRange, isWhole: boolean): Promise<void> {
    const { audit } = this.#deps;
    const details = `${artifact.path} of backup ${backup.name}, bytes ${start.toString()} to ${end.toString()} of ${artifact.storedBytes.toString()}.`;
    const event = audit.end({ ...toSubject(backup), details }, isWhole ? null : 'BROKEN_OFF');
    await audit.note({ ...event, caller: 'holder of a link' });
  }

  #sign(permit: DownloadPermit): string {
    const { backupId, file, expiresAt } = permit;
    const path = `${DOWNLOADS_PATH}/${encodeURIComponent(backupId)}/${encodeURIComponent(file)}`;
    const signature = this.#deps.downloadSigner.sign(permit);
    return `${this.#deps.baseUrl()}${path}?expires=${expiresAt.getTime().toString()}&signature=${signature}`;
  }
}

function toArtifacts(databases: readonly BackupDatabase[]): readonly Artifact[] {
  return databases.flatMap(({ artifact }) => (artifact === null ? [] : [artifact]));
}

function toSubject({ id: backupId, instanceId }: Backup): AuditSubject {
  return { action: AuditAction.DOWNLOAD_BACKUP, backupId, instanceId };
}

import type { Readable } from 'node:stream';

/**
 * Where the bytes of backups are kept, durably.
 *
 * - A backup owns one folder; a file is named by its backup and a plain file name inside that folder.
 * - `put` is atomic and durable: once it resolves the whole file is there and survives a power cut; until then nothing
 *   is there under that name. When it rejects, by an error of the content, of the store or by the signal, nothing is
 *   left behind. Putting a name again replaces the file, as atomically.
 * - `remove` is idempotent: the folder of a backup and all in it, finished or not; gone already is fine. The manifest goes
 *   first: it is the commit of a backup, so a removal that is cut short leaves none whose artifacts are gone.
 * - Reading what is not there rejects with `ArtifactNotFoundError`.
 * - The store failing is `ArtifactStoreError`: `isFull` when there is no room, otherwise it is unavailable. An error that
 *   the content threw comes through unchanged.
 * - Stores do not retry: the caller decides. They keep no more than a few chunks in memory.
 * - Different files may be written and read at the same time; the same file is only ever put by one caller.
 */
export interface ArtifactStore {
  /** For logs and people, without credentials. */
  readonly location: string;
  /** Returns the bytes stored. Content that it has not read to the end, because it rejects, is for the caller to destroy. */
  put(file: ArtifactFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number>;
  /** The file's bytes, from the first to the last, or those of a range that lies within it. */
  open(file: ArtifactFile, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Bytes of a file, null when there is none. */
  findSize(file: ArtifactFile): Promise<number | null>;
  remove(backup: BackupFolder): Promise<void>;
  /** Every backup that has a manifest, in no order, as it is come to; what else lies in the store is passed over. */
  list(signal: AbortSignal): AsyncIterable<BackupFolder>;
  /**
   * A URL from which the store itself serves the file until it expires, to whoever has it; null when it serves none. The
   * URL is a secret. Whether the file is there is not looked at.
   */
  presign(file: ArtifactFile, expiresInMs: number): Promise<string | null>;
  /** Resolves when the store could take a file now. @throws ArtifactStoreError */
  checkWritable(): Promise<void>;
}

export interface BackupFolder {
  readonly project: string;
  readonly backupId: string;
}

export interface ArtifactFile extends BackupFolder {
  /** At most 255 bytes; no slash. */
  readonly name: string;
}

/** Both ends belong to it; the first byte is 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export class ArtifactNotFoundError extends Error {
  override readonly name = 'ArtifactNotFoundError';

  constructor(file: ArtifactFile, options?: ErrorOptions) {
    super(`the store has no ${file.project}/${file.backupId}/${file.name}`, options);
  }
}

export class ArtifactStoreError extends Error {
  override readonly name = 'ArtifactStoreError';
  readonly isFull: boolean;

  constructor(message: string, isFull: boolean, options?: ErrorOptions) {
    super(message, options);
    this.isFull = isFull;
  }
}

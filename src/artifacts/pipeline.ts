import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { PassThrough, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DecompressStream } from 'zstd-napi';
import { BackupFailureCode } from '../domain/backup.js';
import type { Artifact } from '../domain/backup.js';
import { BackupFailedError } from '../domain/failure.js';
import { ArtifactNotFoundError, ArtifactStoreError } from './artifact-store.js';
import type { ArtifactFile, ArtifactStore } from './artifact-store.js';
import type { CompressorPool } from './compressor-pool.js';

export interface StoredBytes {
  readonly originalBytes: number;
  readonly storedBytes: number;
  /** Lower-case hex of the stored bytes. */
  readonly sha256: string;
}

interface StoreRequest {
  readonly compressors: CompressorPool;
  readonly store: ArtifactStore;
  readonly file: ArtifactFile;
  readonly content: Readable;
  /** Called with the source bytes of each chunk that went through. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Streams a dump into the store: count -> zstd -> count and SHA-256 -> store. It resolves once the file is in the store
 * for good, and rejects with the first error of any part, after which the store holds nothing of it.
 */
export async function storeCompressed(request: StoreRequest): Promise<StoredBytes> {
  const { compressors, store, file, content, onBytes, signal } = request;
  let originalBytes = 0;
  const count = passThrough((chunk) => {
    originalBytes += chunk.byteLength;
    onBytes(chunk.byteLength);
  });
  const sha256 = createHash('sha256');
  const hash = passThrough((chunk) => sha256.update(chunk));
  let putting: Promise<number> = Promise.resolve(0);
  const put = async (stored: AsyncIterable<Uint8Array>): Promise<void> => {
    putting = store.put(file, stored, signal);
    await putting;
  };
  try {
    await pipeline(content, count, compressors.create(), hash, put, { signal });
  } catch (error) {
    // The pipeline rejects before the store has let go: what is cleaned up next must not meet a file still being written.
    // And of a store that fails it tells only that reading from it was aborted.
    const storeError: unknown = await putting.then(
      () => null,
      (fault: unknown) => fault,
    );
    throw storeError instanceof ArtifactStoreError ? storeError : error;
  }
  const storedBytes = await putting;
  return { originalBytes, storedBytes, sha256: sha256.digest('hex') };
}

interface VerifyRequest {
  readonly store: ArtifactStore;
  readonly file: ArtifactFile;
  readonly artifact: Artifact;
  /** The engine's format check: reads the decompressed bytes to their end, and throws when they are no good dump. */
  readonly check: (content: AsyncIterable<Uint8Array>) => Promise<void>;
  /** Called with the decompressed bytes of each chunk that went through. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/**
 * Reads an artifact back from the store, once, and proves it: SHA-256 of the stored bytes, zstd's own checksum and the
 * length of the content, and the engine's format check.
 * @throws BackupFailedError CHECKSUM_MISMATCH, or what the store or the format check throws
 */
export async function verifyStored({ store, file, artifact, check, onBytes, signal }: VerifyRequest): Promise<void> {
  const sha256 = createHash('sha256');
  const hash = passThrough((chunk) => sha256.update(chunk));
  let originalBytes = 0;
  const count = passThrough((chunk) => {
    originalBytes += chunk.byteLength;
    onBytes(chunk.byteLength);
  });
  const decode = artifact.compression === 'zstd' ? new DecompressStream() : new PassThrough();
  try {
    const stored = await store.open(file, signal);
    await pipeline(stored, hash, decode, count, check, { signal });
  } catch (error) {
    throw isOfAnother(error) || signal.aborted ? error : damaged(artifact, error);
  }
  if (sha256.digest('hex') !== artifact.sha256 || originalBytes !== artifact.originalBytes) throw damaged(artifact);
}

function isOfAnother(error: unknown): boolean {
  return (
    error instanceof ArtifactStoreError || error instanceof ArtifactNotFoundError || error instanceof BackupFailedError
  );
}

function damaged(artifact: Artifact, cause?: unknown): BackupFailedError {
  const message = `The stored copy of ${artifact.database} is not what was written: the store damaged ${artifact.path}. Check its disk, then take a new backup.`;
  return new BackupFailedError(BackupFailureCode.CHECKSUM_MISMATCH, message, { cause });
}

function passThrough(onChunk: (chunk: Uint8Array) => void): Transform {
  return new Transform({
    transform(chunk: Uint8Array, _encoding, done): void {
      onChunk(chunk);
      done(null, chunk);
    },
  });
}

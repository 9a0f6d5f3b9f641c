import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { BackupFailureCode } from '../domain/backup.js';
import type { Artifact } from '../domain/backup.js';
import { BackupFailedError } from '../domain/failure.js';
import { UnopenedHeadError } from './age-keys.js';
import type { ArtifactCodec, Layout } from './artifact-codec.js';
import { ArtifactNotFoundError, ArtifactStoreError } from './artifact-store.js';
import type { ArtifactFile, ArtifactStore } from './artifact-store.js';

export interface StoredBytes {
  readonly originalBytes: number;
  readonly storedBytes: number;
  /** Lower-case hex of the stored bytes. */
  readonly sha256: string;
}

interface PipelineDeps {
  readonly store: ArtifactStore;
  readonly codec: ArtifactCodec;
}

interface StoreRequest {
  readonly file: ArtifactFile;
  /** As `layoutOf` gave it. */
  readonly layout: Layout;
  readonly content: Readable;
  /** Called with the source bytes of each chunk that went through. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

interface ReadRequest {
  readonly file: ArtifactFile;
  /** What was recorded of the file when it was written. */
  readonly artifact: Artifact;
  /** Called with the bytes of each chunk that went through: of the content, or for `checkStored` of the stored file. */
  readonly onBytes: (bytes: number) => void;
  readonly signal: AbortSignal;
}

interface VerifyRequest extends ReadRequest {
  /** The engine's format check: reads the content to its end, and throws when that is no good dump. */
  readonly check: (content: AsyncIterable<Uint8Array>) => Promise<void>;
}

/**
 * The way of a dump into the store, and back. Reading rejects with
 *
 * - `BackupFailedError` CHECKSUM_MISMATCH when the stored bytes are not those that were written, or no identity opens them;
 * - `ArtifactNotFoundError` when there are none, `ArtifactStoreError` when the store fails;
 * - the abort of its signal.
 */
export class ArtifactPipeline {
  readonly #store: ArtifactStore;
  readonly #codec: ArtifactCodec;

  constructor({ store, codec }: PipelineDeps) {
    this.#store = store;
    this.#codec = codec;
  }

  /** How a dump is stored from now on. */
  layoutOf(dump: { readonly isCompressed: boolean }): Layout {
    return this.#codec.layoutOf(dump);
  }

  /**
   * Streams a dump into the store: count -> [zstd] -> [age] -> SHA-256 -> store. It resolves once the file is in the store for
   * good, and rejects with the first error of any part, after which the store holds nothing of it.
   */
  async storeDump({ file, layout, content, onBytes, signal }: StoreRequest): Promise<StoredBytes> {
    let originalBytes = 0;
    const count = passThrough((chunk) => {
      originalBytes += chunk.byteLength;
      onBytes(chunk.byteLength);
    });
    const sha256 = createHash('sha256');
    const hash = passThrough((chunk) => sha256.update(chunk));
    let putting: Promise<number> = Promise.resolve(0);
    const put = async (stored: AsyncIterable<Uint8Array>): Promise<void> => {
      putting = this.#store.put(file, stored, signal);
      await putting;
    };
    try {
      await pipeline(content, count, await this.#codec.createEncoder(layout), hash, put, { signal });
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

  /**
   * The content of a stored file as it was before it was stored, chunk by chunk as it is asked for. Only its last step proves
   * it: what was read is good once the iteration has ended without an error. Whoever breaks it off lets go of the file.
   */
  async *readStored({ file, artifact, onBytes, signal }: ReadRequest): AsyncGenerator<Uint8Array, void> {
    const sha256 = createHash('sha256');
    const hash = passThrough((chunk) => sha256.update(chunk));
    let originalBytes = 0;
    const stored = await this.#store.open(file, signal);
    const { unseal, decode } = this.#codec.createDecoder(artifact);
    const piping = pipeline(stored, hash, unseal, decode, { signal });
    // Its error comes out of the last stream, too.
    piping.catch(() => undefined);
    try {
      for await (const chunk of decode as AsyncIterable<Uint8Array>) {
        originalBytes += chunk.byteLength;
        onBytes(chunk.byteLength);
        yield chunk;
      }
      await piping;
    } catch (error) {
      if (isOfAnother(error) || signal.aborted) throw error;
      if (!(error instanceof UnopenedHeadError)) throw damaged(artifact, error);
      // Bytes that are all as they were written are of no use without their identity.
      const touch = (): void => {
        onBytes(0);
      };
      await this.checkStored({ file, artifact, onBytes: touch, signal });
      throw locked(artifact, error);
    } finally {
      decode.destroy();
      await piping.catch(() => undefined);
    }
    if (sha256.digest('hex') !== artifact.sha256 || originalBytes !== artifact.originalBytes) throw damaged(artifact);
  }

  /** Reads a stored file and proves that its bytes are those that were written, without decoding them. */
  async checkStored({ file, artifact, onBytes, signal }: ReadRequest): Promise<void> {
    const sha256 = createHash('sha256');
    const stored = await this.#store.open(file, signal);
    for await (const chunk of stored as AsyncIterable<Uint8Array>) {
      sha256.update(chunk);
      onBytes(chunk.byteLength);
    }
    if (sha256.digest('hex') !== artifact.sha256) throw damaged(artifact);
  }

  /** Reads a stored file back, once, and proves all of it: the file's bytes, its content, and that this is a good dump. */
  async verifyStored({ check, ...request }: VerifyRequest): Promise<void> {
    const reading = new WatchedContent(this.readStored(request));
    try {
      await check(reading);
    } catch (error) {
      // A content that broke off is why the check fails, whatever the check makes of it.
      throw reading.fault ?? error;
    }
    if (!reading.isWhole)
      throw new Error(`the format check of ${request.artifact.format} has not read all of the content`);
  }
}

/** Knows how its content has ended. */
class WatchedContent implements AsyncIterable<Uint8Array> {
  isWhole = false;
  fault: unknown = null;
  readonly #content: AsyncIterable<Uint8Array>;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#content;
      this.isWhole = true;
    } catch (error) {
      this.fault = error;
      throw error;
    }
  }
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

function locked(artifact: Artifact, cause: unknown): BackupFailedError {
  const message = `The stored copy of ${artifact.database} is encrypted, and no identity of this server opens it. Add the identity that it was encrypted for to ENCRYPTION_IDENTITY_FILE.`;
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

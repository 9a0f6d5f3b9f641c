import { createHash, randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { ArtifactStoreError } from './artifact-store.js';
import type { S3Bucket } from './s3-bucket.js';

const MIB = 1024 * 1024;
/** S3 takes 10,000 parts. The first 5,000 make 80 GB, all of them 400 GB. */
const PART_BYTES = 16 * MIB;
const LARGE_PART_BYTES = 64 * MIB;
const SMALL_PARTS = 5000;
/** How long the traces of a failed upload may take to be removed. What is left then goes with the backup. */
const UNDO_TIMEOUT_MS = 5000;
/** Metadata by which an object is known to be of this very upload. */
const TOKEN = 'rds-upload';

interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
  readonly ChecksumSHA256: string;
}

/** One object on its way into a bucket: in one request when it is small, otherwise in parts, of which two are in memory. */
export class S3Upload {
  readonly #bucket: S3Bucket;
  readonly #target: { readonly Bucket: string; readonly Key: string };
  readonly #token = randomUUID();
  readonly #signal: AbortSignal;
  readonly #parts: SentPart[] = [];
  #uploadId: string | null = null;
  #underway: Part | null = null;
  #arrived: Part | null = null;
  #sending: Promise<void> = Promise.resolve();
  #isCommitSent = false;

  constructor(bucket: S3Bucket, key: string, signal: AbortSignal) {
    this.#bucket = bucket;
    this.#target = { Bucket: bucket.name, Key: key };
    this.#signal = signal;
  }

  /** Returns the bytes stored. The object is there then; when it rejects, nothing of it is. */
  async run(content: AsyncIterable<Uint8Array>): Promise<number> {
    try {
      return await this.#store(content);
    } catch (error) {
      await this.#undo();
      throw error;
    }
  }

  async #store(content: AsyncIterable<Uint8Array>): Promise<number> {
    let bytes = 0;
    let part = new Part(PART_BYTES);
    this.#signal.throwIfAborted();
    for await (const chunk of content) {
      this.#signal.throwIfAborted();
      bytes += chunk.byteLength;
      for (let rest = part.fill(chunk); rest.byteLength > 0; rest = part.fill(rest)) {
        await this.#sendPart(part);
        part = this.#takePart();
      }
    }
    this.#signal.throwIfAborted();
    if (this.#uploadId === null) await this.#commit(bytes, (options) => this.#putWhole(part, options));
    else {
      await this.#sendPart(part);
      await this.#sending;
      await this.#commit(bytes, (options) => this.#complete(options));
    }
    return bytes;
  }

  /** Begins to send a part once the one before it has arrived. */
  async #sendPart(part: Part): Promise<void> {
    await this.#sending;
    this.#arrived = this.#underway;
    this.#underway = part;
    this.#uploadId ??= await this.#begin();
    const { body, sha256 } = part.finish();
    const PartNumber = this.#parts.length + 1;
    const ChecksumSHA256 = sha256.toString('base64');
    const command = new UploadPartCommand({
      ...this.#target,
      UploadId: this.#uploadId,
      PartNumber,
      Body: body,
      ChecksumSHA256,
    });
    command.middlewareStack.add(signedAs(sha256), { step: 'build' });
    this.#sending = this.#bucket.attempt(this.#signal, async (options) => {
      const { ETag } = await this.#bucket.client.send(command, options);
      this.#parts.push({ PartNumber, ETag, ChecksumSHA256 });
    });
    // It is heard of when the next part is full.
    this.#sending.catch(() => undefined);
  }

  /** The one that has arrived last, unless the next are to be larger. */
  #takePart(): Part {
    const size = this.#parts.length < SMALL_PARTS ? PART_BYTES : LARGE_PART_BYTES;
    return this.#arrived?.size === size ? this.#arrived : new Part(size);
  }

  async #begin(): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      ...this.#target,
      ChecksumAlgorithm: 'SHA256',
      Metadata: { [TOKEN]: this.#token },
    });
    const { UploadId } = await this.#bucket.attempt(this.#signal, (options) =>
      this.#bucket.client.send(command, options),
    );
    if (UploadId !== undefined) return UploadId;
    throw new ArtifactStoreError(`${this.#bucket.location}: an upload was begun without an id`, false);
  }

  async #putWhole(part: Part, options: { abortSignal: AbortSignal }): Promise<unknown> {
    const { body, sha256 } = part.finish();
    const command = new PutObjectCommand({
      ...this.#target,
      Body: body,
      ChecksumSHA256: sha256.toString('base64'),
      Metadata: { [TOKEN]: this.#token },
    });
    command.middlewareStack.add(signedAs(sha256), { step: 'build' });
    return this.#bucket.client.send(command, options);
  }

  async #complete(options: { abortSignal: AbortSignal }): Promise<unknown> {
    const UploadId = this.#uploadId ?? '';
    const MultipartUpload = { Parts: [...this.#parts] };
    return this.#bucket.client.send(
      new CompleteMultipartUploadCommand({ ...this.#target, UploadId, MultipartUpload }),
      options,
    );
  }

  /** The request after which the object is there. Its answer can be lost: what counts is what the bucket then has. */
  async #commit(bytes: number, request: (options: { abortSignal: AbortSignal }) => Promise<unknown>): Promise<void> {
    this.#isCommitSent = true;
    const fault = await this.#bucket.attempt(this.#signal, request).then(
      () => null,
      (error: unknown) => error as Error,
    );
    this.#signal.throwIfAborted();
    const storedBytes = await this.#findOwnSize(this.#signal).catch((error: unknown) => {
      throw fault ?? error;
    });
    if (storedBytes === bytes) return;
    throw fault ?? this.#incomplete(storedBytes, bytes);
  }

  /** Null when the object there is not of this upload. */
  async #findOwnSize(signal: AbortSignal): Promise<number | null> {
    const { Metadata, ContentLength } = await this.#bucket.attempt(signal, (options) =>
      this.#bucket.client.send(new HeadObjectCommand(this.#target), options),
    );
    return Metadata?.[TOKEN] === this.#token ? (ContentLength ?? 0) : null;
  }

  #incomplete(storedBytes: number | null, bytes: number): ArtifactStoreError {
    const found = storedBytes === null ? 'another object' : `${storedBytes.toString()} bytes`;
    const message = `${this.#bucket.location}: of ${bytes.toString()} bytes sent the bucket shows ${found}`;
    return new ArtifactStoreError(message, false);
  }

  /** Nobody waits for its errors: what it cannot remove is removed with the backup. */
  async #undo(): Promise<void> {
    const signal = AbortSignal.timeout(UNDO_TIMEOUT_MS);
    // A part that arrives after the abort of its upload would stay.
    await this.#sending.catch(() => undefined);
    const undo = async (): Promise<void> => {
      const { client } = this.#bucket;
      const options = { abortSignal: signal };
      if (this.#isCommitSent && (await this.#findOwnSize(signal).catch(() => null)) !== null) {
        await client.send(new DeleteObjectCommand(this.#target), options);
      }
      if (this.#uploadId === null) return;
      await client.send(new AbortMultipartUploadCommand({ ...this.#target, UploadId: this.#uploadId }), options);
    };
    await undo().catch(() => undefined);
  }
}

/** Bytes that are sent together, hashed as they come: the SDK would hash them all at once, and hold up every request. */
class Part {
  readonly #buffer: Buffer;
  #sha256 = createHash('sha256');
  #filled = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  get size(): number {
    return this.#buffer.length;
  }

  /** Returns what has found no room. */
  fill(chunk: Uint8Array): Uint8Array {
    const taken = chunk.subarray(0, this.#buffer.length - this.#filled);
    this.#buffer.set(taken, this.#filled);
    this.#sha256.update(taken);
    this.#filled += taken.byteLength;
    return chunk.subarray(taken.byteLength);
  }

  /** It is empty again then; the body is good until it is filled. */
  finish(): { readonly body: Buffer; readonly sha256: Buffer } {
    const body = this.#buffer.subarray(0, this.#filled);
    const sha256 = this.#sha256.digest();
    this.#filled = 0;
    this.#sha256 = createHash('sha256');
    return { body, sha256 };
  }
}

/** What is signed, and compared by the server, is the hash that was made as the bytes came. */
function signedAs(sha256: Buffer) {
  return <Args extends { readonly request: unknown }, Result>(next: (args: Args) => Promise<Result>) =>
    async (args: Args): Promise<Result> => {
      const { headers } = args.request as { readonly headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256.toString('hex');
      return next(args);
    };
}

import { addAbortSignal, PassThrough } from 'node:stream';
import type { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from '@aws-sdk/client-s3';
import type { ListMultipartUploadsCommandOutput, ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { PROJECT_NAME } from '../domain/naming.js';
import { ArtifactNotFoundError, ArtifactStoreError } from './artifact-store.js';
import type { ArtifactFile, ArtifactStore, BackupFolder, ByteRange } from './artifact-store.js';
import { MANIFEST_NAME } from './manifest.js';
import { MissingObjectError, S3Bucket } from './s3-bucket.js';
import type { S3Location } from './s3-bucket.js';
import { createPartnerAccess } from './s3-partner-access.js';
import type { PartnerAccess } from './partner-access.js';
import { S3Upload } from './s3-upload.js';

/** What `checkWritable`, `findSize` and `remove`, which have no signal, may take of a single request. */
const REQUEST_TIMEOUT_MS = 60_000;
/** Bytes read ahead of whoever reads a file. */
const READ_AHEAD_BYTES = 1024 * 1024;

/** `<prefix>/<project>/<backupId>/<file>` in a bucket, of Amazon or of whoever speaks its protocol. */
export class S3ArtifactStore implements ArtifactStore, AsyncDisposable {
  readonly location: string;
  readonly #bucket: S3Bucket;
  readonly #endpoint: string | null;

  constructor(location: S3Location) {
    this.#bucket = new S3Bucket(location);
    this.#endpoint = location.endpoint;
    this.location = this.#bucket.location;
  }

  async put(file: ArtifactFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    try {
      return await new S3Upload(this.#bucket, this.#keyOf(file), signal).run(content);
    } catch (error) {
      if (!(error instanceof MissingObjectError)) throw error;
      throw new ArtifactStoreError(`${error.message}: the upload was removed while it ran`, false);
    }
  }

  async open(file: ArtifactFile, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    const Range = range && `bytes=${range.start.toString()}-${range.end.toString()}`;
    const command = new GetObjectCommand({ ...this.#objectOf(file), ...(Range === undefined ? {} : { Range }) });
    try {
      const { Body } = await this.#bucket.attempt(signal, (options) => this.#bucket.client.send(command, options));
      return this.#guard(Body as Readable, signal);
    } catch (error) {
      throw error instanceof MissingObjectError ? new ArtifactNotFoundError(file) : error;
    }
  }

  async findSize(file: ArtifactFile): Promise<number | null> {
    const command = new HeadObjectCommand(this.#objectOf(file));
    try {
      const { ContentLength } = await this.#request((options) => this.#bucket.client.send(command, options));
      return ContentLength ?? 0;
    } catch (error) {
      if (error instanceof MissingObjectError) return null;
      throw error;
    }
  }

  async remove(backup: BackupFolder): Promise<void> {
    const manifest = new DeleteObjectCommand(this.#objectOf({ ...backup, name: MANIFEST_NAME }));
    await this.#request((options) => this.#bucket.client.send(manifest, options));
    const prefix = this.#keyOf({ ...backup, name: '' });
    await this.#abortUploads(prefix);
    for await (const { Contents = [] } of this.#pages(prefix)) {
      const keys = Contents.flatMap(({ Key }) => (Key === undefined ? [] : [{ Key }]));
      if (keys.length > 0) await this.#removeKeys(keys);
    }
  }

  async *list(signal: AbortSignal): AsyncGenerator<BackupFolder> {
    for await (const { Contents = [] } of this.#pages(this.#bucket.prefix, signal)) {
      for (const { Key = '' } of Contents) {
        signal.throwIfAborted();
        const [project = '', backupId = '', name, ...deeper] = Key.slice(this.#bucket.prefix.length).split('/');
        const isManifest = name === MANIFEST_NAME && deeper.length === 0;
        if (isManifest && backupId !== '' && PROJECT_NAME.pattern.test(project)) yield { project, backupId };
      }
    }
  }

  async presign(file: ArtifactFile, expiresInMs: number): Promise<string> {
    const command = new GetObjectCommand({ ...this.#objectOf(file), ResponseContentDisposition: 'attachment' });
    const expiresIn = Math.ceil(expiresInMs / 1000);
    return this.#request(() => getSignedUrl(this.#bucket.client, command, { expiresIn }));
  }

  async checkWritable(): Promise<void> {
    const command = new HeadBucketCommand({ Bucket: this.#bucket.name });
    await this.#request((options) => this.#bucket.client.send(command, options)).catch((error: unknown) => {
      if (!(error instanceof MissingObjectError)) throw error;
      throw new ArtifactStoreError(`${this.location}: there is no such bucket`, false);
    });
  }

  /** For database servers that write to the bucket by themselves. */
  async createPartnerAccess(): Promise<PartnerAccess> {
    return createPartnerAccess(this.#bucket, this.#endpoint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#bucket.client.destroy();
    return Promise.resolve();
  }

  /** Parts of uploads that a crash has left are in no listing of objects, and cost as much. */
  async #abortUploads(prefix: string): Promise<void> {
    const { client, name: Bucket } = this.#bucket;
    for await (const { Uploads = [] } of this.#uploadPages(prefix)) {
      for (const { Key, UploadId } of Uploads) {
        const abort = new AbortMultipartUploadCommand({ Bucket, Key, UploadId });
        await this.#request((options) => client.send(abort, options)).catch((error: unknown) => {
          // Some stores go on listing for a while what is gone.
          if (!(error instanceof MissingObjectError)) throw error;
        });
      }
    }
  }

  async *#uploadPages(prefix: string): AsyncGenerator<ListMultipartUploadsCommandOutput> {
    const { client, name: Bucket } = this.#bucket;
    let next: { readonly KeyMarker?: string; readonly UploadIdMarker?: string } = {};
    for (;;) {
      const command = new ListMultipartUploadsCommand({ Bucket, Prefix: prefix, ...next });
      const page = await this.#request((options) => client.send(command, options));
      yield page;
      const { IsTruncated = false, NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
      // A store that passes over the markers would give the same page for ever.
      const isSame = KeyMarker === next.KeyMarker && UploadIdMarker === next.UploadIdMarker;
      if (!IsTruncated || KeyMarker === undefined || isSame) return;
      next = { KeyMarker, ...(UploadIdMarker === undefined ? {} : { UploadIdMarker }) };
    }
  }

  async #removeKeys(Objects: { readonly Key: string }[]): Promise<void> {
    const command = new DeleteObjectsCommand({ Bucket: this.#bucket.name, Delete: { Objects, Quiet: true } });
    const { Errors = [] } = await this.#request((options) => this.#bucket.client.send(command, options));
    const [first] = Errors;
    if (first === undefined) return;
    throw new ArtifactStoreError(`${this.location}: ${first.Code ?? 'Error'}: ${first.Message ?? ''}`, false);
  }

  async *#pages(prefix: string, signal?: AbortSignal): AsyncGenerator<ListObjectsV2CommandOutput> {
    const { client, name: Bucket } = this.#bucket;
    let next: { readonly ContinuationToken?: string } = {};
    for (;;) {
      const command = new ListObjectsV2Command({ Bucket, Prefix: prefix, ...next });
      const page = await this.#request((options) => client.send(command, options), signal);
      yield page;
      if (page.NextContinuationToken === undefined) return;
      next = { ContinuationToken: page.NextContinuationToken };
    }
  }

  async #request<T>(
    request: (options: { abortSignal: AbortSignal }) => Promise<T>,
    signal = new AbortController().signal,
  ): Promise<T> {
    const timeout = AbortSignal.timeout(REQUEST_TIMEOUT_MS);
    try {
      return await this.#bucket.attempt(AbortSignal.any([signal, timeout]), request);
    } catch (error) {
      if (signal.aborted || error !== timeout.reason) throw error;
      throw new ArtifactStoreError(`${this.location}: no answer for a minute`, false);
    }
  }

  /** A connection that breaks is an error of the store; one that hangs is let go when the reader goes. */
  #guard(body: Readable, signal: AbortSignal): Readable {
    const guarded = new PassThrough({ highWaterMark: READ_AHEAD_BYTES });
    body.on('error', (error) => guarded.destroy(this.#bucket.toStoreError(error)));
    guarded.on('close', () => body.destroy());
    body.pipe(guarded);
    return addAbortSignal(signal, guarded);
  }

  #objectOf(file: ArtifactFile): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.#bucket.name, Key: this.#keyOf(file) };
  }

  #keyOf({ project, backupId, name }: ArtifactFile): string {
    return `${this.#bucket.prefix}${project}/${backupId}/${name}`;
  }
}

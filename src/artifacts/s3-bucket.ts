import { S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '../domain/errors.js';
import { ArtifactStoreError } from './artifact-store.js';

/** How long a server may take to accept a connection, and to say nothing on one. */
const CONNECT_TIMEOUT_MS = 10_000;
const SILENCE_TIMEOUT_MS = 60_000;
/** Connections at a time. */
const MAX_SOCKETS = 128;

export interface S3Location {
  readonly bucket: string;
  /** Of every key: empty, or without slashes at its ends. */
  readonly prefix: string;
  /** URL of a server other than Amazon's, which is then addressed by path; null for Amazon's. */
  readonly endpoint: string | null;
  /** Null = as AWS's own tools find it. */
  readonly region: string | null;
}

/** There is no object of that key, or no upload of that id. */
export class MissingObjectError extends Error {
  override readonly name = 'MissingObjectError';
}

/** Connection to a bucket. Credentials are found where AWS's own tools find them. */
export class S3Bucket {
  readonly name: string;
  readonly location: string;
  readonly client: S3Client;
  /** Of every key: empty, or with a slash at its end. */
  readonly prefix: string;

  constructor({ bucket, prefix, endpoint, region }: S3Location) {
    this.name = bucket;
    this.prefix = prefix === '' ? '' : `${prefix}/`;
    this.location = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`;
    this.client = new S3Client({
      ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
      ...(region === null ? {} : { region }),
      // Whoever reads a file compares it with a hash that is not the store's own.
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: {
        connectionTimeout: CONNECT_TIMEOUT_MS,
        socketTimeout: SILENCE_TIMEOUT_MS,
        httpAgent: { maxSockets: MAX_SOCKETS },
        httpsAgent: { maxSockets: MAX_SOCKETS },
      },
    });
  }

  /**
   * Runs requests that heed the signal.
   * @throws MissingObjectError, ArtifactStoreError, and the signal's reason
   */
  async attempt<T>(signal: AbortSignal, requests: (options: { abortSignal: AbortSignal }) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await requests({ abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw this.toStoreError(error);
    }
  }

  /**
   * The SDK's errors hold the request with its signature and session token, so they are not passed on as a cause: what
   * logs them would log those.
   */
  toStoreError(error: unknown): Error {
    if (error instanceof ArtifactStoreError || error instanceof MissingObjectError) return error;
    const { name = 'Error', code, $metadata } = error as S3Fault;
    const status = $metadata?.httpStatusCode;
    if (name === 'NoSuchKey' || name === 'NotFound' || name === 'NoSuchUpload')
      return new MissingObjectError(`${this.location}: ${name}`);
    const isFull = status === 507 || FULL.test(name);
    const advice = ADVICE[name] ?? '';
    return new ArtifactStoreError(`${this.location}: ${code ?? name}: ${messageOf(error)}${advice}`, isFull);
  }
}

interface S3Fault {
  readonly name?: string;
  /** Of a fault of the network. */
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Amazon's buckets are never full; those of others have these codes. */
const FULL = /Quota|StorageFull|InsufficientStorage|InsufficientCapacity/i;

const ADVICE: Readonly<Record<string, string>> = {
  AccessDenied:
    '. The credentials need s3:ListBucket, s3:ListBucketMultipartUploads, s3:GetObject, s3:PutObject, s3:DeleteObject and s3:AbortMultipartUpload',
  CredentialsProviderError: '. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the server a profile or a role',
  NoSuchBucket: '. Make the bucket, or correct ARTIFACT_STORE',
};

import { S3ArtifactStore } from '../../src/artifacts/s3-artifact-store.js';
import { S3Server } from '../support/s3-server.js';
import type { S3Fault, S3Request } from '../support/s3-server.js';
import type { StoreSubject } from './artifact-store-subject.js';

/** Where a subject's bucket keeps `FILE`. */
export const KEY = 'site/a/default/b-1/shop.db.sqlite.zst';

export class S3Subject implements StoreSubject {
  readonly server: S3Server;
  readonly store: S3ArtifactStore;

  constructor(server: S3Server, bucket = server.bucket) {
    this.server = server;
    this.store = new S3ArtifactStore({ bucket, prefix: 'site/a', endpoint: server.endpoint, region: 'us-east-1' });
  }

  static async create(bucket?: string): Promise<S3Subject> {
    return new S3Subject(await S3Server.start(), bucket);
  }

  /** Objects, and uploads that were neither completed nor aborted. */
  listFiles = async (): Promise<readonly string[]> => {
    const uploads = [...this.server.uploads.values()].map(({ key }) => key);
    return Promise.resolve([...this.server.objects.keys(), ...uploads]);
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}

/** What befalls the requests that match, the first so many of them. */
export function faults(
  matches: (request: S3Request) => boolean,
  fault: S3Fault,
  times = Infinity,
): (request: S3Request) => S3Fault {
  let left = times;
  return (request) => {
    if (!matches(request) || left === 0) return null;
    left -= 1;
    return fault;
  };
}

import type { ArtifactFile } from './artifact-store.js';

/** What a database server needs that is to write to the store's bucket, and read from it, by itself. */
export interface PartnerAccess {
  /** `s3://host/bucket/key`, or `s3://bucket.host/key` of Amazon. */
  readonly urlOf: (file: ArtifactFile) => string;
  /** Null = it is not known. */
  readonly region: string | null;
  /** Why others cannot be sent there: a clause; null when they can. */
  readonly fault: string | null;
  /** Secrets. */
  readonly getCredentials: () => Promise<PartnerCredentials>;
  /** The backup folders of a project. */
  readonly listFolders: (project: string) => Promise<readonly string[]>;
}

interface PartnerCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of credentials that are good for a while alone. */
  readonly sessionToken?: string | undefined;
}

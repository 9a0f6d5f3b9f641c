import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { PartnerAccess } from './partner-access.js';
import type { S3Bucket } from './s3-bucket.js';

/** How long one page of a listing may take. */
const LIST_TIMEOUT_MS = 60_000;

export async function createPartnerAccess(bucket: S3Bucket, endpoint: string | null): Promise<PartnerAccess> {
  // Whoever needs none is not to miss it.
  const region = await bucket.client.config.region().catch(() => null);
  const root =
    endpoint === null
      ? `s3://${bucket.name}.s3.${region ?? ''}.amazonaws.com`
      : `s3://${endpoint.replace(/^https?:\/\//, '')}/${bucket.name}`;
  return {
    urlOf: ({ project, backupId, name }) => `${root}/${bucket.prefix}${project}/${backupId}/${name}`,
    region,
    fault: findFault(endpoint, region),
    getCredentials: () => bucket.client.config.credentials(),
    listFolders: (project) => listFolders(bucket, `${bucket.prefix}${project}/`),
  };
}

function findFault(endpoint: string | null, region: string | null): string | null {
  if (endpoint?.startsWith('http:') === true) {
    return `S3_ENDPOINT is ${endpoint}, and SQL Server speaks to S3 over HTTPS alone.`;
  }
  return region === null ? 'the region of the bucket is not known. Set AWS_REGION.' : null;
}

async function listFolders(bucket: S3Bucket, prefix: string): Promise<readonly string[]> {
  const folders = new Set<string>();
  let next: { readonly ContinuationToken?: string } | null = {};
  while (next !== null) {
    const command: ListObjectsV2Command = new ListObjectsV2Command({ Bucket: bucket.name, Prefix: prefix, ...next });
    const page = await bucket.attempt(AbortSignal.timeout(LIST_TIMEOUT_MS), (options) =>
      bucket.client.send(command, options),
    );
    for (const { Key = '' } of page.Contents ?? []) folders.add(Key.slice(prefix.length).split('/')[0] ?? '');
    next = page.NextContinuationToken === undefined ? null : { ContinuationToken: page.NextContinuationToken };
  }
  return [...folders];
}

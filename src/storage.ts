import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ArtifactCodec } from './artifacts/artifact-codec.js';
import type { ArtifactStore } from './artifacts/artifact-store.js';
import { CodecPool } from './artifacts/codec-pool.js';
import { FilesystemArtifactStore } from './artifacts/filesystem-artifact-store.js';
import type { PartnerAccess } from './artifacts/partner-access.js';
import { loadAgeKeys } from './artifacts/load-age-keys.js';
import { ArtifactPipeline } from './artifacts/pipeline.js';
import type { Catalog } from './catalog/catalog.js';
import { DataDirLock } from './catalog/data-dir-lock.js';
import { TypeormCatalog } from './catalog/typeorm-catalog.js';
import type { Config } from './config.js';
import { InProcessStatusFeed } from './events/in-process-status-feed.js';
import { PostgresStatusFeed } from './events/postgres-status-feed.js';
import type { StatusFeed } from './events/status-feed.js';
import type { Opened } from './opened.js';
import { DownloadSigner } from './services/download-signer.js';
import { loadSecretKey } from './services/load-secret-key.js';
import { SecretBox } from './services/secret-box.js';

/** It is emptied at each start, so its name is one that nobody else would use, and no project can have. */
const SCRATCH_FOLDER = '.rds-backup-scratch';

export interface Storage {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly store: ArtifactStore;
  /** How database servers reach the bucket in which artifacts are kept; null = they are kept elsewhere. */
  readonly partnerBucket: PartnerAccess | null;
  readonly pipeline: ArtifactPipeline;
  readonly secretBox: SecretBox;
  readonly downloadSigner: DownloadSigner;
  /** Empty folder for temporary copies. */
  readonly scratchRoot: string;
}

/** Everything that outlives the process. The data directory is locked before anything in it is touched. */
export async function openStorage(config: Config, opened: Opened, onError: (error: unknown) => void): Promise<Storage> {
  const scratchRoot = join(config.dataDir, SCRATCH_FOLDER);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  opened.add(await DataDirLock.acquire(config.dataDir));
  await rm(scratchRoot, { recursive: true, force: true });
  await mkdir(scratchRoot);
  const secretKey = config.secretKey ?? (await loadSecretKey(config.dataDir));
  const secrets = { secretBox: new SecretBox(secretKey), downloadSigner: new DownloadSigner(secretKey) };
  const catalog = opened.add(await TypeormCatalog.open(config.catalog));
  const feed = opened.add(
    config.catalog.kind === 'postgres'
      ? await PostgresStatusFeed.connect(config.catalog.url, onError)
      : new InProcessStatusFeed(onError),
  );
  const { store, partnerBucket } = await openStore(config, opened);
  const codec = new ArtifactCodec(opened.add(new CodecPool()), await loadAgeKeys(config.encryption));
  const pipeline = new ArtifactPipeline({ store, codec });
  return { catalog, feed, store, partnerBucket, pipeline, ...secrets, scratchRoot };
}

async function openStore({ artifactStore }: Config, opened: Opened): Promise<Pick<Storage, 'store' | 'partnerBucket'>> {
  if (artifactStore.kind === 'filesystem') {
    return { store: new FilesystemArtifactStore(artifactStore.path), partnerBucket: null };
  }
  // Its client library takes long to load: only for those who use it.
  const { S3ArtifactStore } = await import('./artifacts/s3-artifact-store.js');
  const store = opened.add(new S3ArtifactStore(artifactStore));
  return { store, partnerBucket: await store.createPartnerAccess() };
}

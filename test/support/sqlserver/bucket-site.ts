import { S3ArtifactStore } from '../../../src/artifacts/s3-artifact-store.js';
import { BucketExchange } from '../../../src/engines/sqlserver/bucket-exchange.js';
import { SqlServerEngine } from '../../../src/engines/sqlserver/sqlserver-engine.js';
import { S3Server } from '../s3-server.js';
import { BackupSite } from './backup-site.js';

type SiteOptions = Parameters<typeof BackupSite.start>[0];
type Access = ConstructorParameters<typeof BucketExchange>[1];

/** A server, and the bucket that it shares with the engine: the same objects, reached by either's own words. */
export class BucketSite implements AsyncDisposable {
  readonly s3: S3Server;
  readonly site: BackupSite;
  /** What stands before a key where the server writes to. */
  readonly root: string;
  readonly #store: S3ArtifactStore;

  private constructor({
    s3,
    site,
    root,
    store,
  }: {
    s3: S3Server;
    site: BackupSite;
    root: string;
    store: S3ArtifactStore;
  }) {
    this.s3 = s3;
    this.site = site;
    this.root = root;
    this.#store = store;
  }

  /** @param changed of how others reach the bucket; over clear text, which is for tests alone, by default */
  static async start(changed: Partial<Access> = {}, options: SiteOptions = {}): Promise<BucketSite> {
    const s3 = await S3Server.start();
    const { bucket: name, endpoint, objects } = s3;
    const store = new S3ArtifactStore({ bucket: name, prefix: 'site', endpoint, region: 'us-east-1' });
    const root = `s3://${endpoint.replace('http://', '')}/${name}/`;
    const access = { ...(await store.createPartnerAccess()), fault: null, ...changed };
    const bucket = {
      root,
      keys: `${S3Server.accessKeyId}:${S3Server.secretAccessKey}`,
      put: (key: string, bytes: Buffer): void => void objects.set(key, { bytes, metadata: {} }),
      get: (key: string): Buffer | null => objects.get(key)?.bytes ?? null,
      remove: (key: string): void => void objects.delete(key),
    };
    const engine = new SqlServerEngine({ bucket: new BucketExchange(store, access) });
    return new BucketSite({ s3, root, store, site: await BackupSite.start({ bucket, ...options }, engine) });
  }

  get url(): string {
    return this.site.model.url({ backupDir: 's3' });
  }

  /** What of backups under way is in the bucket, and what the server was given. */
  listLeft(): readonly string[] {
    return [...this.s3.objects.keys(), ...this.site.model.state.credentials.keys()];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.#store[Symbol.asyncDispose]();
    await this.s3[Symbol.asyncDispose]();
  }
}

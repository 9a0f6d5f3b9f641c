import { mkdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import type { ArtifactStore } from './artifacts/artifact-store.js';
import { ArtifactCodec } from './artifacts/artifact-codec.js';
import { CodecPool } from './artifacts/codec-pool.js';
import { FilesystemArtifactStore } from './artifacts/filesystem-artifact-store.js';
import { loadAgeKeys } from './artifacts/load-age-keys.js';
import { ArtifactPipeline } from './artifacts/pipeline.js';
import type { Catalog } from './catalog/catalog.js';
import { DataDirLock } from './catalog/data-dir-lock.js';
import { TypeormCatalog } from './catalog/typeorm-catalog.js';
import type { Config } from './config.js';
import type { Clock } from './domain/clock.js';
import { messageOf } from './domain/errors.js';
import { ClientTools } from './engines/client-tools.js';
import { EngineRegistry } from './engines/engine-registry.js';
import type { DatabaseEngine } from './engines/database-engine.js';
import { MysqlEngine } from './engines/mysql/mysql-engine.js';
import { PostgresqlEngine } from './engines/postgresql/postgresql-engine.js';
import { SqliteEngine } from './engines/sqlite/sqlite-engine.js';
import { InProcessStatusFeed } from './events/in-process-status-feed.js';
import { PostgresStatusFeed } from './events/postgres-status-feed.js';
import type { StatusFeed } from './events/status-feed.js';
import { createSchema } from './graphql/schema.js';
import { HttpServer } from './http/http-server.js';
import { Metrics } from './http/metrics.js';
import { BackupRunner } from './services/backup-runner.js';
import { ConcludeBackup } from './services/conclude-backup.js';
import { CancelBackup } from './services/cancel-backup.js';
import { CopyDatabase } from './services/copy-database.js';
import { CreateBackup } from './services/create-backup.js';
import { InstanceConnector } from './services/instance-connector.js';
import { ListBackups } from './services/list-backups.js';
import { HealthSchedule } from './services/health-schedule.js';
import { ListInstances } from './services/list-instances.js';
import { loadSecretKey } from './services/load-secret-key.js';
import { MonitorInstances } from './services/monitor-instances.js';
import { RecoverBackups } from './services/recover-backups.js';
import { RegisterInstance } from './services/register-instance.js';
import { RunBackup } from './services/run-backup.js';
import { SecretBox } from './services/secret-box.js';
import { StatusTail } from './services/status-tail.js';
import { UpdateInstance } from './services/update-instance.js';
import { WatchBackups } from './services/watch-backups.js';
import { WatchInstanceStatus } from './services/watch-instance-status.js';

/** It is emptied at each start, so its name is one that nobody else would use, and no project can have. */
const SCRATCH_FOLDER = '.rds-backup-scratch';
/** Messages that may wait for one slow subscription. */
const SUBSCRIPTION_BUFFER = 1000;

/** What a test may put in place of the real thing. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly newId?: () => string;
  readonly logger?: Logger;
  /** Engines besides the product's own. */
  readonly engines?: readonly DatabaseEngine[];
  readonly subscriptionBuffer?: number;
}

/** The running server. Stopping it is idempotent. */
export interface App extends AsyncDisposable {
  /** Base URL, as in http://127.0.0.1:4000. */
  readonly url: string;
  /** Takes no more work, finishes or hands back what runs, closes sockets with 1001, and lets go of everything. */
  stop(): Promise<void>;
}

/** What was opened so far, to be closed in the reverse order. */
class Opened {
  readonly #closers: (() => Promise<void>)[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#closers.push(async () => part[Symbol.asyncDispose]());
    return part;
  }

  /** One that cannot be closed does not keep the others open. @throws the first error, once all were tried */
  async close(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close !== undefined; close = this.#closers.pop()) {
      await close().catch((error: unknown) => errors.push(error));
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Composition root: builds every object once, and connects them by hand. */
export async function startApp(config: Config, overrides: AppOverrides = {}): Promise<App> {
  const opened = new Opened();
  try {
    return await compose(config, overrides, opened);
  } catch (error) {
    await opened.close().catch(() => undefined);
    throw error;
  }
}

async function compose(config: Config, overrides: AppOverrides, opened: Opened): Promise<App> {
  const { clock = () => new Date(), newId = () => uuidv7() } = overrides;
  const logger = overrides.logger ?? pino({ level: config.logLevel });
  const onError = (error: unknown): void => {
    logger.error({ err: error }, 'background work has failed; it goes on');
  };
  const serverId = `${hostname()}:${process.pid.toString()}:${newId()}`;
  const { catalog, feed, store, secretBox, scratchRoot } = await openStorage(config, opened, onError);
  const common = { catalog, feed, store, clock, newId, logger, serverId, secretBox, onError };

  const engines = new EngineRegistry([...createEngines(config), ...(overrides.engines ?? [])]);
  const connector = new InstanceConnector({ catalog, engines, secretBox });
  const metrics: Metrics = new Metrics({
    catalog,
    runningCount: () => runner.runningCount,
    subscriberCount: () => tail.followerCount + watchBackups.followerCount,
  });
  const conclude = new ConcludeBackup({
    ...common,
    onLeftover: (backup, error) => {
      logger.error({ err: error, backupId: backup.id }, 'files of a failed backup could not be removed yet');
    },
    onEnded: (backup) => {
      metrics.observeEnded(backup);
    },
  });
  const codec = new ArtifactCodec(opened.add(new CodecPool()), await loadAgeKeys(config.encryption));
  const pipeline = new ArtifactPipeline({ store, codec });
  const copier = new CopyDatabase({ pipeline, scratchRoot });
  const { stallTimeoutMs, maxConcurrentDumps, maxConcurrentBackups: maxConcurrent } = config;
  const runBackup = new RunBackup({ ...common, connector, copier, conclude, stallTimeoutMs, maxConcurrentDumps });
  const runner = new BackupRunner({ ...common, runBackup, maxConcurrent });
  const recover = opened.add(new RecoverBackups({ ...common, runner, conclude }));
  await recover.recoverAtStart();

  const capacity = overrides.subscriptionBuffer ?? SUBSCRIPTION_BUFFER;
  const tail = opened.add(await StatusTail.start(common));
  const watchInstanceStatus = new WatchInstanceStatus({ catalog, tail, capacity });
  const watchBackups = opened.add(new WatchBackups({ ...common, capacity }));
  const listInstances = new ListInstances(catalog, connector);
  const listBackups = new ListBackups(catalog);
  const schedule = new HealthSchedule(config.healthIntervalMs, clock);
  const monitor = opened.add(new MonitorInstances({ ...common, connector, schedule }));
  const registerInstance = new RegisterInstance({ ...common, connector, schedule });
  const updateInstance = new UpdateInstance({ ...common, connector });
  const createBackup = new CreateBackup({ ...common, connector, runner });
  const cancelBackup = new CancelBackup(common);

  const schema = await createSchema({
    listInstances,
    registerInstance,
    updateInstance,
    listBackups,
    createBackup,
    cancelBackup,
  });
  const findUnreadiness = async (): Promise<string | null> => {
    if (runner.isDraining) return 'The server is shutting down.';
    return Promise.all([catalog.ping(), store.checkWritable()]).then(() => null, messageOf);
  };
  const face = { schema, metrics, listInstances, listBackups, watchInstanceStatus, watchBackups, findUnreadiness };
  const http = new HttpServer({ ...face, logger });
  const url = await http.listen(config.host, config.port);
  monitor.start();

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await runner.drain(config.shutdownGraceMs);
    await http.close();
    // A createBackup that was answered meanwhile has its backup handed back, too.
    await runner.drain(0);
    await opened.close();
  };
  return {
    url,
    stop: () => (stopping ??= stop()),
    [Symbol.asyncDispose]: () => (stopping ??= stop()),
  };
}

function createEngines({ sqliteRoots, toolFolders }: Config): readonly DatabaseEngine[] {
  const tools = new ClientTools(toolFolders);
  return [new SqliteEngine(sqliteRoots), new PostgresqlEngine(tools), new MysqlEngine(tools)];
}

interface Storage {
  readonly catalog: Catalog;
  readonly feed: StatusFeed;
  readonly store: ArtifactStore;
  readonly secretBox: SecretBox;
  /** Empty folder for temporary copies. */
  readonly scratchRoot: string;
}

/** Everything that outlives the process. The data directory is locked before anything in it is touched. */
async function openStorage(config: Config, opened: Opened, onError: (error: unknown) => void): Promise<Storage> {
  const scratchRoot = join(config.dataDir, SCRATCH_FOLDER);
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  opened.add(await DataDirLock.acquire(config.dataDir));
  await rm(scratchRoot, { recursive: true, force: true });
  await mkdir(scratchRoot);
  const secretBox = new SecretBox(config.secretKey ?? (await loadSecretKey(config.dataDir)));
  const catalog = opened.add(await TypeormCatalog.open(config.catalog));
  const feed = opened.add(
    config.catalog.kind === 'postgres'
      ? await PostgresStatusFeed.connect(config.catalog.url, onError)
      : new InProcessStatusFeed(onError),
  );
  return { catalog, feed, store: new FilesystemArtifactStore(config.artifactStore.path), secretBox, scratchRoot };
}

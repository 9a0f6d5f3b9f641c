import { hostname } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Logger } from 'pino';
import { v7 as uuidv7 } from 'uuid';
import { createBackgroundWork } from './background-work.js';
import { lockFileOf } from './catalog/data-dir-lock.js';
import type { Config } from './config.js';
import type { Backup } from './domain/backup.js';
import type { Clock } from './domain/clock.js';
import { messageOf } from './domain/errors.js';
import { ClientTools } from './engines/client-tools.js';
import { EngineRegistry } from './engines/engine-registry.js';
import type { DatabaseEngine } from './engines/database-engine.js';
import { MysqlEngine } from './engines/mysql/mysql-engine.js';
import { PostgresqlEngine } from './engines/postgresql/postgresql-engine.js';
import { BucketExchange } from './engines/sqlserver/bucket-exchange.js';
import { SqlServerEngine } from './engines/sqlserver/sqlserver-engine.js';
import { SqliteEngine } from './engines/sqlite/sqlite-engine.js';
import type { GraphQLContext } from './graphql/context.js';
import { createSchema } from './graphql/schema.js';
import { HttpServer } from './http/http-server.js';
import { Metrics } from './http/metrics.js';
import { Opened } from './opened.js';
import { createScheduledWork } from './scheduled-work.js';
import type { ScheduledWork } from './scheduled-work.js';
import { AuditTrail } from './services/audit-trail.js';
import { CancelBackup } from './services/cancel-backup.js';
import { CreateBackup } from './services/create-backup.js';
import { DeleteInstance } from './services/delete-instance.js';
import { DownloadLinks } from './services/download-links.js';
import { HealthSchedule } from './services/health-schedule.js';
import { InstanceConnector } from './services/instance-connector.js';
import { ListAuditEvents } from './services/list-audit-events.js';
import { ListBackups } from './services/list-backups.js';
import { ListInstances } from './services/list-instances.js';
import { ListLocations } from './services/list-locations.js';
import { ListRestores } from './services/list-restores.js';
import { MonitorInstances } from './services/monitor-instances.js';
import { RegisterInstance } from './services/register-instance.js';
import { RestoreBackup } from './services/restore-backup.js';
import { StatusTail } from './services/status-tail.js';
import { UpdateInstance } from './services/update-instance.js';
import { WatchBackups } from './services/watch-backups.js';
import { WatchDeletions } from './services/watch-deletions.js';
import { WatchInstanceStatus } from './services/watch-instance-status.js';
import { WatchRestores } from './services/watch-restores.js';
import { openStorage } from './storage.js';
import type { Storage } from './storage.js';

/** Messages that may wait for one slow subscription. */
const SUBSCRIPTION_BUFFER = 1000;
/** How often it is looked for what is due by policy or schedule. */
const TICK_MS = 1000;
/** Where the build puts the web console: the same place, seen from the sources and from what is built of them. */
const CONSOLE_DIR = join(import.meta.dirname, '../dist/console');

/** What a test may put in place of the real thing. */
export interface AppOverrides {
  readonly clock?: Clock;
  readonly newId?: () => string;
  /** From 0 to less than 1. */
  readonly random?: () => number;
  readonly logger?: Logger;
  /** Engines besides the product's own. */
  readonly engines?: readonly DatabaseEngine[];
  readonly subscriptionBuffer?: number;
  /** How often it is looked for what is due by policy or schedule. */
  readonly tickMs?: number;
}

/** The running server. Stopping it is idempotent. */
export interface App extends AsyncDisposable {
  /** Base URL, as in http://127.0.0.1:4000. */
  readonly url: string;
  /** Takes no more work, finishes or hands back what runs, closes sockets with 1001, and lets go of everything. */
  stop(): Promise<void>;
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
  const { clock = () => new Date(), newId = () => uuidv7(), random = Math.random, tickMs = TICK_MS } = overrides;
  const logger = overrides.logger ?? pino({ level: config.logLevel });
  const onError = (error: unknown): void => {
    logger.error({ err: error }, 'background work has failed; it goes on');
  };
  const serverId = `${hostname()}:${process.pid.toString()}:${newId()}`;
  const storage = await openStorage(config, opened, onError);
  const { catalog, store } = storage;
  const engines = new EngineRegistry([...createEngines(config, storage), ...(overrides.engines ?? [])]);
  const connector = new InstanceConnector({ ...storage, engines });
  const audit = new AuditTrail({ catalog, clock, logger });
  const common = { ...storage, config, engines, connector, audit, clock, newId, logger, serverId, onError };

  const metrics: Metrics = new Metrics({
    catalog,
    runningCount: () => work.backupRunner.runningCount,
    subscriberCount: () => live.countSubscribers(),
  });
  const onBackupEnded = (backup: Backup): void => {
    metrics.observeEnded(backup);
    scheduled.onBackupEnded(backup);
  };
  const work = createBackgroundWork({ ...common, onBackupEnded }, opened);
  const scheduled: ScheduledWork = createScheduledWork({ ...common, ...work, random, tickMs });
  await work.start();

  const capacity = overrides.subscriptionBuffer ?? SUBSCRIPTION_BUFFER;
  const live: Live = await openLive({ ...common, capacity }, opened);
  const listInstances = new ListInstances(catalog, connector);
  const listBackups = new ListBackups(catalog);
  const listRestores = new ListRestores(catalog);
  const schedule = new HealthSchedule(config.healthIntervalMs, clock);
  const monitor = opened.add(new MonitorInstances({ ...common, schedule }));

  let url = '';
  const baseUrl = (): string => config.publicUrl ?? url;
  const downloadLinks = new DownloadLinks({ ...common, expiryMs: config.downloadExpiryMs, baseUrl });

  const { backupRunner, restoreRunner, verifyBackup, deleteBackups } = work;
  const schema = await createSchema({
    ...{ listInstances, listBackups, listRestores, verifyBackup, deleteBackups, downloadLinks },
    setBackupPolicy: scheduled.setBackupPolicy,
    listAuditEvents: new ListAuditEvents(catalog),
    listLocations: new ListLocations(catalog),
    registerInstance: new RegisterInstance({ ...common, schedule }),
    updateInstance: new UpdateInstance(common),
    deleteInstance: new DeleteInstance({ ...common, deleteBackups }),
    createBackup: new CreateBackup({ ...common, runner: backupRunner }),
    cancelBackup: new CancelBackup(common),
    restoreBackup: new RestoreBackup({ ...common, runner: restoreRunner }),
  });
  const findUnreadiness = async (): Promise<string | null> => {
    if (backupRunner.isDraining) return 'The server is shutting down.';
    return Promise.all([catalog.ping(), store.checkWritable()]).then(() => null, messageOf);
  };
  const lists = { listInstances, listBackups, listRestores };
  const faces = { schema, metrics, downloadLinks, consoleDir: CONSOLE_DIR };
  const http = new HttpServer({ ...faces, ...lists, ...live.watches, findUnreadiness, logger });
  url = await http.listen(config.host, config.port);
  monitor.start();
  scheduled.start();

  let stopping: Promise<void> | null = null;
  const stop = async (): Promise<void> => {
    await Promise.all([scheduled, work].map((part) => part.drain(config.shutdownGraceMs)));
    await http.close();
    // What was begun by a request that was answered meanwhile is handed back, too.
    await Promise.all([scheduled, work].map((part) => part.drain(0)));
    await opened.close();
  };
  return {
    url,
    stop: () => (stopping ??= stop()),
    [Symbol.asyncDispose]: () => (stopping ??= stop()),
  };
}

interface LiveParts extends Storage {
  readonly capacity: number;
  readonly onError: (error: unknown) => void;
}

/** What clients can follow. */
interface Live {
  readonly watches: Pick<GraphQLContext, 'watchInstanceStatus' | 'watchBackups' | 'watchRestores' | 'watchDeletions'>;
  countSubscribers(): number;
}

async function openLive(parts: LiveParts, opened: Opened): Promise<Live> {
  const tail = opened.add(await StatusTail.start(parts));
  const watchInstanceStatus = new WatchInstanceStatus({ ...parts, tail });
  const watchBackups = opened.add(new WatchBackups(parts));
  const watchRestores = opened.add(new WatchRestores(parts));
  const watchDeletions = opened.add(new WatchDeletions(parts));
  const followed = [tail, watchBackups, watchRestores, watchDeletions];
  return {
    watches: { watchInstanceStatus, watchBackups, watchRestores, watchDeletions },
    countSubscribers: () => followed.reduce((sum, { followerCount }) => sum + followerCount, 0),
  };
}

function createEngines(
  { catalog, dataDir, sqliteRoots, toolFolders }: Config,
  { store, partnerBucket }: Storage,
): readonly DatabaseEngine[] {
  const ownFiles = [lockFileOf(dataDir), ...(catalog.kind === 'sqlite' ? [catalog.path] : [])];
  const tools = new ClientTools(toolFolders);
  const bucket = partnerBucket === null ? null : new BucketExchange(store, partnerBucket);
  return [
    new SqliteEngine(sqliteRoots, ownFiles),
    new PostgresqlEngine(tools),
    new MysqlEngine(tools),
    new SqlServerEngine({ bucket }),
  ];
}

import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { encodeManifest, MANIFEST_NAME, toManifest } from '../artifacts/manifest.js';
import type { Catalog, CompletedBackup } from '../catalog/catalog.js';
import { BackupFailureCode, BackupPhase, BackupStatus } from '../domain/backup.js';
import type { Backup, BackupFailure, BackupProgress } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import type { Database } from '../domain/database.js';
import { BackupFailedError } from '../domain/failure.js';
import { InstanceRole } from '../domain/instance.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { DatabaseEngine } from '../engines/database-engine.js';
import type { StatusFeed } from '../events/status-feed.js';
import { toFile } from './artifact-file.js';
import type { ConcludeBackup } from './conclude-backup.js';
import type { BackupRun, CopyDatabase, StoredDump } from './copy-database.js';
import type { InstanceConnector } from './instance-connector.js';
import { anotherProduct, toAbnormalReason } from './monitor-instances.js';
import { ProgressMeter } from './progress-meter.js';
import { ProgressReporter } from './progress-reporter.js';
import { StallWatchdog } from './stall-watchdog.js';
import { untilStopped } from './stoppable.js';
import { sideBySide } from './side-by-side.js';
import { cancelled, toFailure } from './to-failure.js';

/** How often the catalog is asked to take the end of a backup whose manifest is written. */
const COMMIT_ATTEMPTS = 5;
const COMMIT_RETRY_MS = 1000;
/** How often it is looked whether a backup that was lost to another server has ended there. */
const YIELD_ATTEMPTS = 60;

interface RunBackupDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly feed: StatusFeed;
  readonly connector: InstanceConnector;
  readonly copier: CopyDatabase;
  readonly conclude: ConcludeBackup;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lease owner in whose name backups are run. */
  readonly serverId: string;
  readonly stallTimeoutMs: number;
  /** Databases of one backup that are dumped side by side, unless the engine stages them. */
  readonly maxConcurrentDumps: number;
}

/** Does the work of one backup, from its first byte to COMPLETED or FAILED. */
export class RunBackup {
  readonly #deps: RunBackupDeps;

  constructor(deps: RunBackupDeps) {
    this.#deps = deps;
  }

  /**
   * Ends early, as FAILED, when `stop` is aborted with a BackupFailedError as its reason. Rejects when the catalog cannot
   * take the end: the backup is then left to recovery.
   */
  async run(backup: Backup, stop: AbortController): Promise<void> {
    const { conclude, clock, logger } = this.#deps;
    const log = logger.child({ backupId: backup.id, instanceId: backup.instanceId });
    log.info({ name: backup.name, instance: backup.instanceName }, 'backup begins');
    let result: CompletedBackup;
    try {
      result = await this.#work(backup, stop, log);
    } catch (error) {
      const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
      const failure = toFailure(cause, clock());
      log.warn({ code: failure.code, err: cause }, 'backup has failed');
      await conclude.fail(backup, failure, await this.#findFault(backup, failure));
      return;
    }
    await this.#commit(backup, result, log);
  }

  /** Why the instance cannot be used any more, if that is why the backup has failed: it must not be shown as AVAILABLE. */
  async #findFault({ instanceId }: Backup, { code }: BackupFailure): Promise<string | null> {
    if (code !== BackupFailureCode.ENGINE_UNREACHABLE && code !== BackupFailureCode.STALLED) return null;
    return this.#deps.connector.checkHealth(instanceId).then(
      () => null,
      (error: unknown) => (error instanceof EngineUnreachableError ? toAbnormalReason(error.message) : null),
    );
  }

  /** @returns what to put into the catalog, once the manifest is in the store */
  async #work(backup: Backup, stop: AbortController, log: Logger): Promise<CompletedBackup> {
    const { stallTimeoutMs, clock } = this.#deps;
    stop.signal.throwIfAborted();
    using watchdog = new StallWatchdog(stallTimeoutMs, () => {
      stop.abort(stalled(stallTimeoutMs));
    });
    const run = await untilStopped(this.#prepare(backup, watchdog, stop.signal), stop.signal);
    const dumps = await this.#copyAndVerify(run, stop, log);
    const artifacts = dumps.map(({ artifact }) => artifact);
    const completedAt = clock();
    const tool = dumps.map((dump) => dump.tool).at(0);
    if (tool === undefined) throw nothingToBackUp([]);
    const described = dumps.map(({ artifact, contents }) => ({ ...artifact, contents }));
    await this.#putManifest(run, encodeManifest(toManifest(backup, { tool, artifacts: described, completedAt })));
    return { artifacts, completedAt };
  }

  async #prepare(backup: Backup, watchdog: StallWatchdog, signal: AbortSignal): Promise<BackupRun> {
    const { engine, url } = await this.#deps.connector.connect(backup.instanceId);
    const health = await engine.checkHealth(url, signal);
    if (health.engine !== backup.engine) throw new EngineUnreachableError(anotherProduct(health.engine));
    if (health.role !== InstanceRole.PRIMARY) throw notPrimary(health.role);
    const databases = await this.#select(backup, engine, await engine.listDatabases(url, signal));
    const sizes = databases.map(({ sizeBytes }) => sizeBytes);
    const meter = new ProgressMeter(sizes, engine.isStaged ? 3 : 2);
    return { backup, engine, url, databases, meter, watchdog, signal };
  }

  /** Of the databases that the instance has now, those that the backup is to hold; they are written down. */
  async #select(backup: Backup, engine: DatabaseEngine, present: readonly Database[]): Promise<readonly Database[]> {
    const { catalog } = this.#deps;
    const [chosen = []] = await catalog.backups.findDatabases([backup.id]);
    const names = new Set(chosen.map(({ name }) => name));
    // One that was chosen and cannot be backed up now says why when it is dumped.
    const isWanted = ({ name, unavailableReason, isBroken }: Database): boolean =>
      names.size === 0 ? unavailableReason === undefined || isBroken === true : names.has(name);
    const users = present.filter((database) => !database.system && isWanted(database));
    const missing = [...names].filter((name) => !users.some((database) => database.name === name));
    const selected = backup.includeSystemDatabases ? [...users, ...engine.systemParts(present)] : users;
    if (selected.length === 0 || missing.length > 0) throw nothingToBackUp(missing);
    await catalog.transaction(({ backups }) => backups.setDatabases(backup.id, selected));
    return selected;
  }

  async #copyAndVerify(run: BackupRun, stop: AbortController, log: Logger): Promise<readonly StoredDump[]> {
    const { copier } = this.#deps;
    const { meter, databases, signal } = run;
    let phase = BackupPhase.COPYING;
    await using reporter = new ProgressReporter({
      // A server that does not tell its sizes gives no total.
      read: () => ({ phase, bytesDone: meter.bytesDone, bytesTotal: meter.bytesTotal > 0 ? meter.bytesTotal : null }),
      write: (progress) => this.#writeProgress(run.backup, progress),
      onLost: () => {
        stop.abort(lost());
      },
      onError: (error) => {
        log.warn({ err: error }, 'progress could not be written');
      },
    });
    reporter.report();
    // Temporary copies of several databases at once would take room that nobody has planned for.
    const limit = run.engine.isStaged ? 1 : this.#deps.maxConcurrentDumps;
    const dumps = await sideBySide(databases, { limit, signal }, (_database, index, stopped) =>
      copier.copy({ ...run, signal: stopped }, index),
    );
    phase = BackupPhase.VERIFYING;
    reporter.report();
    await sideBySide(dumps, { limit, signal }, ({ artifact }, index, stopped) =>
      copier.verify({ ...run, signal: stopped }, index, artifact),
    );
    return dumps;
  }

  /** From here on the backup is complete, whatever happens to this process. */
  async #putManifest({ backup, meter, signal }: BackupRun, manifest: Buffer): Promise<void> {
    const { bytesTotal } = meter;
    const progress = { phase: BackupPhase.VERIFYING, bytesDone: bytesTotal, bytesTotal };
    if (!(await this.#writeProgress(backup, progress))) throw lost();
    const putting = this.#deps.store.put(toFile(backup, MANIFEST_NAME), Readable.from([manifest]), signal);
    await untilStopped(putting, signal);
  }

  async #writeProgress({ id: backupId }: Backup, progress: BackupProgress): Promise<boolean> {
    const { catalog, feed, serverId } = this.#deps;
    const isHeld = await catalog.transaction(({ backups }) => backups.setProgress(backupId, serverId, progress));
    if (isHeld) feed.publish({ kind: 'backup', backupId });
    return isHeld;
  }

  /** The manifest is written, so the backup must not fail any more: a catalog that is away for a moment is waited for. */
  async #commit(backup: Backup, result: CompletedBackup, log: Logger): Promise<void> {
    const { conclude, clock } = this.#deps;
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (await conclude.complete(backup, result)) {
          log.info('backup is completed');
          return;
        }
        break;
      } catch (error) {
        if (attempt === COMMIT_ATTEMPTS) throw error;
        log.error({ err: error }, 'the catalog does not take the completed backup; trying again');
        await delay(COMMIT_RETRY_MS * attempt);
      }
    }
    // One that is still ours was cancelled at the last moment.
    if (await conclude.fail(backup, toFailure(cancelled(), clock()))) return;
    await this.#yieldTo(backup);
  }

  /** Another server has taken the backup over. Once it has failed it, the manifest written here must not outlive that. */
  async #yieldTo({ id, project }: Backup): Promise<void> {
    const { catalog, store } = this.#deps;
    for (let attempt = 1; attempt <= YIELD_ATTEMPTS; attempt += 1) {
      const now = await catalog.backups.find(id);
      if (now?.status === BackupStatus.COMPLETED) return;
      if (now?.status !== BackupStatus.BUILDING) return store.remove({ project, backupId: id });
      await delay(COMMIT_RETRY_MS);
    }
  }
}

function stalled(timeoutMs: number): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.STALLED,
    `Nothing has moved for ${(timeoutMs / 1000).toString()} s. Check the instance and the artifact store, then take the backup again.`,
  );
}

function lost(): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.INTERRUPTED,
    'This server has lost the backup: it did not renew its lease in time, and another server took over.',
  );
}

function notPrimary(role: InstanceRole): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `The instance is a ${role} by now, and a backup is only made of a primary. Take it of the instance that is the primary.`,
  );
}

function nothingToBackUp(missing: readonly string[]): BackupFailedError {
  const reason = missing.length > 0 ? `no longer has: ${missing.join(', ')}` : 'has no database to back up';
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `The instance ${reason}.`);
}

import type { Logger } from 'pino';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import type { ManifestArtifact } from '../artifacts/manifest.js';
import type { Catalog } from '../catalog/catalog.js';
import type { Backup } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { RestoreFailedError } from '../domain/failure.js';
import { InstanceRole } from '../domain/instance.js';
import { RestoreFailureCode, RestorePhase, RestoreStatus } from '../domain/restore.js';
import type { Restore, RestoreDatabase, RestoreFailureCause } from '../domain/restore.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { StatusFeed } from '../events/status-feed.js';
import type { ConcludeRestore } from './conclude-restore.js';
import type { InstanceConnector } from './instance-connector.js';
import { anotherProduct, toAbnormalReason } from './monitor-instances.js';
import { ProgressMeter } from './progress-meter.js';
import { ProgressReporter } from './progress-reporter.js';
import { readManifest } from './read-manifest.js';
import { FINISH_BYTES_PER_MS } from './restore-steps.js';
import type { RestoreSteps } from './restore-steps.js';
import { sideBySide } from './side-by-side.js';
import { StallWatchdog } from './stall-watchdog.js';
import { untilStopped } from './stoppable.js';
import { toRestoreFailure } from './to-failure.js';

/** Checking the stored bytes and loading them count alike. */
const PASSES = 2;

interface RunRestoreDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly feed: StatusFeed;
  readonly connector: InstanceConnector;
  readonly steps: RestoreSteps;
  readonly conclude: ConcludeRestore;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lease owner in whose name restores are run. */
  readonly serverId: string;
  readonly stallTimeoutMs: number;
  /** Databases of one restore that are loaded side by side. */
  readonly maxConcurrentDumps: number;
}

/** A database of a restore, and the stored dump that it comes from. */
interface Item extends RestoreDatabase {
  readonly artifact: ManifestArtifact;
}

interface Work {
  readonly restore: Restore;
  readonly backup: Backup;
  readonly items: readonly Item[];
  readonly meter: ProgressMeter;
  readonly watchdog: StallWatchdog;
  readonly log: Logger;
}

/** Does the work of one restore, from its first byte to COMPLETED or FAILED. */
export class RunRestore {
  readonly #deps: RunRestoreDeps;

  constructor(deps: RunRestoreDeps) {
    this.#deps = deps;
  }

  /**
   * Ends early, as FAILED, when `stop` is aborted with a RestoreFailedError as its reason; once the databases get their names
   * it is left to recovery instead. Rejects when it cannot be ended now: it is then left to recovery, too.
   */
  async run(restore: Restore, stop: AbortController): Promise<void> {
    const { logger } = this.#deps;
    const log = logger.child({ restoreId: restore.id, instanceId: restore.targetInstanceId });
    log.info({ backup: restore.backupName, instance: restore.targetInstanceName }, 'restore begins');
    try {
      await this.#load(restore, stop, log);
    } catch (error) {
      await this.giveUp(restore, stop.signal.aborted ? stop.signal.reason : error, log);
      return;
    }
    await this.finish(restore, stop.signal, log);
  }

  /**
   * Gives the loaded databases their names. Decided once and for all: whoever takes the restore over does the same. Rejects
   * when nobody can tell what the target has now, and when it is stopped: it is then to be called again.
   */
  async finish(restore: Restore, stop: AbortSignal, log: Logger): Promise<void> {
    const { steps, conclude, clock } = this.#deps;
    const done: string[] = [];
    let isCleaned = true;
    try {
      for (const { restoreAs } of restore.databases) {
        isCleaned = (await steps.commit(restore, restoreAs, stop)) && isCleaned;
        done.push(restoreAs);
      }
    } catch (error) {
      if (stop.aborted || !(error instanceof RestoreFailedError)) throw error;
      await this.undo(restore, { cause: withDone(error, done), stop }, log);
      return;
    }
    if (await conclude.end(restore, { completedAt: clock(), failure: null, isCleaned }))
      log.info('restore is completed');
  }

  /** Ends a restore as FAILED that could not be finished. Rejects when it cannot be taken back now: as `finish` does. */
  async undo(
    restore: Restore,
    { cause, stop }: { readonly cause: RestoreFailureCause; readonly stop: AbortSignal },
    log: Logger,
  ): Promise<void> {
    const { catalog, steps, conclude, feed, clock, serverId } = this.#deps;
    const { code, message } = cause;
    log.warn({ code, err: cause }, 'restore cannot be finished');
    const isHeld = await catalog.transaction(({ restores }) =>
      restores.beginUndo(restore.id, serverId, { code, message }),
    );
    if (!isHeld) return;
    feed.publish({ kind: 'restore', restoreId: restore.id });
    await steps.undo(restore, stop);
    const completedAt = clock();
    await conclude.end(restore, { completedAt, failure: { code, message, occurredAt: completedAt }, isCleaned: true });
  }

  /** Ends a restore as FAILED of which no database has got its name, nor begun to: the target is as it was. */
  async giveUp(restore: Restore, cause: unknown, log: Logger): Promise<void> {
    const { catalog, steps, conclude, clock, serverId } = this.#deps;
    const failure = toRestoreFailure(cause, clock());
    log.warn({ code: failure.code, err: cause }, 'restore has failed');
    // Another server that has taken it over may be finishing it by now: then nothing here is ours to remove.
    const progress = { phase: RestorePhase.LOADING };
    const isHeld = await catalog.transaction(({ restores }) => restores.setProgress(restore.id, serverId, progress));
    if (!isHeld) {
      await this.#cleanLost(restore, log);
      return;
    }
    const fault = await steps.clean(restore).then(
      () => null,
      (error: unknown) => error,
    );
    if (fault !== null) log.error({ err: fault }, 'what a restore has put beside could not be removed yet');
    const isLost = fault instanceof EngineUnreachableError;
    const result = { completedAt: failure.occurredAt, failure, isCleaned: fault === null };
    await conclude.end(restore, result, isLost ? toAbnormalReason(fault.message) : null);
  }

  /** Ends a restore that nobody can finish or take back: what the target has is for an operator to find out. */
  async leave(restore: Restore, log: Logger): Promise<void> {
    const { conclude, clock } = this.#deps;
    const names = restore.databases.map(({ restoreAs }) => restoreAs).join(', ');
    const message = `The target could not be asked for a day while its databases got their names. Each of ${names} is the old one or the new one; what is named rds_restore_… and rds_replaced_… beside them belongs to this restore.`;
    log.error('restore is left unfinished');
    const completedAt = clock();
    const failure = { code: RestoreFailureCode.ENGINE_UNREACHABLE, message, occurredAt: completedAt };
    await conclude.end(restore, { completedAt, failure, isCleaned: true }, toAbnormalReason(message));
  }

  /**
   * What was put beside after another server had ended the restore, nobody else removes. While the other still works on it,
   * that is not known to be of no use.
   */
  async #cleanLost({ id }: Restore, log: Logger): Promise<void> {
    const { catalog, steps } = this.#deps;
    const restore = await catalog.restores.find(id);
    if (restore === null || restore.status === RestoreStatus.RUNNING) return;
    await steps.clean(restore).catch((error: unknown) => {
      log.error({ err: error }, 'what a lost restore has put beside could not be removed');
    });
  }

  /** Resolves once every database is loaded beside, and that is written down as decided. */
  async #load(restore: Restore, stop: AbortController, log: Logger): Promise<void> {
    const { stallTimeoutMs } = this.#deps;
    const { signal } = stop;
    signal.throwIfAborted();
    using watchdog = new StallWatchdog(stallTimeoutMs, () => {
      stop.abort(stalled(stallTimeoutMs));
    });
    const { backup, items } = await untilStopped(this.#prepare(restore, signal), signal);
    const sizes = items.map(({ artifact }) => artifact.originalBytes);
    const work = { restore, backup, items, meter: new ProgressMeter(sizes, PASSES), watchdog, log };
    await this.#checkAndStage(work, stop);
    await this.#decide(work);
  }

  async #prepare(restore: Restore, signal: AbortSignal): Promise<Pick<Work, 'backup' | 'items'>> {
    const { catalog, connector, store } = this.#deps;
    const backup = await catalog.backups.find(restore.backupId);
    if (backup === null) throw damaged('the backup is gone.');
    const { engine, url } = await connector.connect(restore.targetInstanceId);
    const health = await engine.checkHealth(url, signal);
    if (health.engine !== backup.engine) throw new EngineUnreachableError(anotherProduct(health.engine));
    if (health.role !== InstanceRole.PRIMARY) throw notPrimary(health.role);
    const manifest = await readManifest(store, { project: backup.project, backupId: backup.id }, signal);
    if (manifest === null) throw damaged('its manifest is not what was written.');
    const items = restore.databases.map((database) => {
      const artifact = manifest.artifacts.find((held) => !held.system && held.database === database.name);
      if (artifact === undefined) throw damaged(`its manifest does not name database ${database.name}.`);
      return { ...database, artifact };
    });
    return { backup, items };
  }

  async #checkAndStage(work: Work, stop: AbortController): Promise<void> {
    const { steps, maxConcurrentDumps: limit } = this.#deps;
    const { restore, backup, items, meter, log } = work;
    let phase = RestorePhase.CHECKING;
    await using reporter = new ProgressReporter({
      read: () => ({ phase, bytesDone: meter.bytesDone }),
      write: (progress) => this.#writeProgress(restore, progress),
      onLost: () => {
        stop.abort(lost());
      },
      onError: (error) => {
        log.warn({ err: error }, 'progress could not be written');
      },
    });
    reporter.report();
    const { signal } = stop;
    await sideBySide(items, { limit, signal }, async ({ artifact }, index, stopped) => {
      await steps.check({ backup, artifact, onBytes: onBytes(work, index, 'check'), signal: stopped });
      meter.finish(index, 'check');
    });
    phase = RestorePhase.LOADING;
    reporter.report();
    await sideBySide(items, { limit, signal }, async ({ artifact, restoreAs }, index, stopped) => {
      await steps.stage(restore, restoreAs, {
        ...{ backup, artifact, onBytes: onBytes(work, index, 'load'), signal: stopped },
        onRead: () => {
          work.watchdog.allow(artifact.originalBytes / FINISH_BYTES_PER_MS);
        },
      });
      meter.finish(index, 'load');
    });
  }

  /** From here on the restore is finished, whatever happens to this process. */
  async #decide({ restore }: Work): Promise<void> {
    const progress = { phase: RestorePhase.SWAPPING, bytesDone: restore.bytesTotal };
    if (!(await this.#writeProgress(restore, progress))) throw lost();
  }

  async #writeProgress({ id: restoreId }: Restore, progress: Pick<Restore, 'phase' | 'bytesDone'>): Promise<boolean> {
    const { catalog, feed, serverId } = this.#deps;
    const isHeld = await catalog.transaction(({ restores }) => restores.setProgress(restoreId, serverId, progress));
    if (isHeld) feed.publish({ kind: 'restore', restoreId });
    return isHeld;
  }
}

function onBytes({ watchdog, meter }: Work, index: number, pass: string): (bytes: number) => void {
  return (bytes) => {
    watchdog.touch();
    meter.add(index, pass, bytes);
  };
}

/** Says which databases were replaced before the one that could not be. */
function withDone({ code, message }: RestoreFailedError, done: readonly string[]): RestoreFailureCause {
  if (done.length === 0) return { code, message };
  return { code, message: `${message} These were restored before it, and stay: ${done.join(', ')}.` };
}

function damaged(what: string): RestoreFailedError {
  const message = `The backup cannot be restored: ${what} Nothing was changed. Check the artifact store, and restore another backup.`;
  return new RestoreFailedError(RestoreFailureCode.CHECKSUM_MISMATCH, message);
}

function notPrimary(role: InstanceRole): RestoreFailedError {
  const message = `The instance is a ${role} by now, and only a primary can be restored to.`;
  return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, message);
}

function stalled(timeoutMs: number): RestoreFailedError {
  const message = `Nothing has moved for ${(timeoutMs / 1000).toString()} s. Check the instance and the artifact store, then restore again.`;
  return new RestoreFailedError(RestoreFailureCode.STALLED, message);
}

function lost(): RestoreFailedError {
  const message = 'This server has lost the restore: it did not renew its lease in time, and another server took over.';
  return new RestoreFailedError(RestoreFailureCode.INTERRUPTED, message);
}

/** What a restore that a stopping server gives up is told. */
export function restoreInterrupted(): RestoreFailedError {
  const message = 'The server was shut down before the restore had finished; the target is as it was. Restore again.';
  return new RestoreFailedError(RestoreFailureCode.INTERRUPTED, message);
}

import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import type { TakenRestore } from '../catalog/restores.js';
import type { Clock } from '../domain/clock.js';
import { RestoreFailedError } from '../domain/failure.js';
import { RestoreFailureCode, RestorePhase } from '../domain/restore.js';
import type { Restore } from '../domain/restore.js';
import type { IsAbandoned, Recoverable } from './recovery.js';
import type { RunRestore } from './run-restore.js';
import type { WorkRunner } from './work-runner.js';

/** How long after its begin it is still tried to finish a restore whose target cannot be asked. */
const PATIENCE_MS = 24 * 3_600_000;

interface RecoverRestoresDeps {
  readonly catalog: Catalog;
  readonly runner: WorkRunner<Restore>;
  readonly runRestore: RunRestore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Ends the restores that a crash has left RUNNING. One that had begun to give its databases their names is finished; of
 * another nothing is left, and it is FAILED as INTERRUPTED. Either way the target is given back.
 */
export class RecoverRestores implements Recoverable {
  readonly #deps: RecoverRestoresDeps;

  constructor(deps: RecoverRestoresDeps) {
    this.#deps = deps;
  }

  async recover(isAbandoned: IsAbandoned): Promise<void> {
    const { catalog, runner } = this.#deps;
    for (const { restore, lease } of await catalog.restores.listRunning()) {
      if (runner.isDraining || runner.has(restore.id) || !isAbandoned(lease)) continue;
      const taken = await catalog.transaction(({ restores }) =>
        restores.takeOver(restore.id, lease, runner.newLease()),
      );
      // In the runner, which keeps its lease: dropping what is replaced may take long, and holds up no other.
      if (taken !== null) void runner.startRecovery(restore.id, ({ signal }) => this.#end(taken, signal));
    }
  }

  async #end({ restore, cause }: TakenRestore, stop: AbortSignal): Promise<void> {
    const { runRestore, clock, logger } = this.#deps;
    const log = logger.child({ restoreId: restore.id, instanceId: restore.targetInstanceId });
    const isDecided = restore.phase === RestorePhase.SWAPPING || restore.phase === RestorePhase.UNDOING;
    if (!isDecided) {
      await runRestore.giveUp(restore, interrupted(), log);
      return;
    }
    try {
      if (cause !== null) {
        await runRestore.undo(restore, { cause, stop }, log);
        return;
      }
      log.info('restore had its databases loaded: it is finished');
      await runRestore.finish(restore, stop, log);
    } catch (error) {
      if (stop.aborted || clock().getTime() - restore.startedAt.getTime() < PATIENCE_MS) throw error;
      await runRestore.leave(restore, log);
    }
  }
}

function interrupted(): RestoreFailedError {
  const message = 'The server stopped before the restore had finished; the target is as it was. Restore again.';
  return new RestoreFailedError(RestoreFailureCode.INTERRUPTED, message);
}

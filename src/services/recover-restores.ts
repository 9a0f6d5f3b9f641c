import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import { RestoreFailedError } from '../domain/failure.js';
import { RestoreFailureCode, RestorePhase } from '../domain/restore.js';
import type { Restore } from '../domain/restore.js';
import type { IsAbandoned, Recoverable } from './recovery.js';
import type { RestoreSteps } from './restore-steps.js';
import type { RunRestore } from './run-restore.js';
import type { WorkRunner } from './work-runner.js';

interface RecoverRestoresDeps {
  readonly catalog: Catalog;
  readonly runner: WorkRunner<Restore>;
  readonly runRestore: RunRestore;
  readonly steps: RestoreSteps;
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
      const isTaken = await catalog.transaction(({ restores }) =>
        restores.takeOver(restore.id, lease, runner.newLease()),
      );
      // In the runner, which keeps its lease: dropping what is replaced may take long, and holds up no other.
      if (isTaken) void runner.startRecovery(restore.id, () => this.#end(restore));
    }
    await this.#cleanLeftovers();
  }

  async #end(restore: Restore): Promise<void> {
    const { runRestore, logger } = this.#deps;
    const log = logger.child({ restoreId: restore.id, instanceId: restore.targetInstanceId });
    if (restore.phase === RestorePhase.SWAPPING) {
      log.info('restore had its databases loaded: it is finished');
      await runRestore.finish(restore, log);
      return;
    }
    await runRestore.giveUp(restore, interrupted(), log);
  }

  /** Tries again to remove what failed restores have left beside the databases of their targets. */
  async #cleanLeftovers(): Promise<void> {
    const { catalog, steps, logger } = this.#deps;
    for (const restore of await catalog.restores.listUncleaned()) {
      const { id: restoreId, targetInstanceId } = restore;
      try {
        // Of an instance that is gone nobody knows the address any more.
        if ((await catalog.instances.find(targetInstanceId)) !== null) await steps.abandon(restore);
        await catalog.transaction(({ restores }) => restores.markCleaned(restoreId));
      } catch (error) {
        logger.warn({ err: error, restoreId }, 'what a failed restore has left cannot be removed yet');
      }
    }
  }
}

function interrupted(): RestoreFailedError {
  const message = 'The server stopped before the restore had finished; the target is as it was. Restore again.';
  return new RestoreFailedError(RestoreFailureCode.INTERRUPTED, message);
}

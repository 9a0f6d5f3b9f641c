import type { Logger } from 'pino';
import type { Catalog } from '../catalog/catalog.js';
import type { Clock } from '../domain/clock.js';
import type { Restore } from '../domain/restore.js';
import type { Recoverable } from './recovery.js';
import type { RestoreSteps } from './restore-steps.js';
import { toStagingId } from './restore-steps.js';

/** How long after a vain try it is tried again: twice as long each time, from the first to the last of these. */
const FIRST_DELAY_MS = 15_000;
const MAX_DELAY_MS = 3_600_000;

interface CleanRestoresDeps {
  readonly catalog: Catalog;
  readonly steps: RestoreSteps;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Retry {
  readonly delayMs: number;
  readonly at: number;
}

/** Removes what restores that have ended could not remove: copies of databases that no list shows. */
export class CleanRestores implements Recoverable {
  readonly #deps: CleanRestoresDeps;
  readonly #underWay = new Set<string>();
  readonly #retries = new Map<string, Retry>();

  constructor(deps: CleanRestoresDeps) {
    this.#deps = deps;
  }

  /** Only begins it: a target that does not answer must hold up nothing else. */
  async recover(): Promise<void> {
    const { catalog, clock, logger } = this.#deps;
    for (const restore of await catalog.restores.listUncleaned()) {
      const { id: restoreId } = restore;
      const retry = this.#retries.get(restoreId);
      if (this.#underWay.has(restoreId) || (retry !== undefined && retry.at > clock().getTime())) continue;
      this.#underWay.add(restoreId);
      this.#clean(restore)
        .then(
          () => this.#retries.delete(restoreId),
          (error: unknown) => {
            const delayMs = Math.min(MAX_DELAY_MS, (retry?.delayMs ?? FIRST_DELAY_MS / 2) * 2);
            this.#retries.set(restoreId, { delayMs, at: clock().getTime() + delayMs });
            logger.warn({ err: error, restoreId }, 'what a restore has left cannot be removed yet');
          },
        )
        .finally(() => this.#underWay.delete(restoreId));
    }
  }

  async #clean(restore: Restore): Promise<void> {
    const { catalog, steps, logger } = this.#deps;
    const { id: restoreId, targetInstanceId, databases } = restore;
    if ((await catalog.instances.find(targetInstanceId)) === null) {
      // Of an instance that is gone nobody knows the address any more.
      const stagingIds = databases.map(({ restoreAs }) => toStagingId(restoreId, restoreAs));
      logger.warn({ restoreId, stagingIds }, 'what a restore has left stays on an instance that was deleted');
    } else {
      await steps.clean(restore);
    }
    await catalog.transaction(({ restores }) => restores.markCleaned(restoreId));
  }
}

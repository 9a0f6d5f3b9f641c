import { createHash } from 'node:crypto';
import { toArtifact } from '../artifacts/manifest.js';
import type { ManifestArtifact } from '../artifacts/manifest.js';
import type { ArtifactPipeline } from '../artifacts/pipeline.js';
import type { Backup } from '../domain/backup.js';
import type { Restore } from '../domain/restore.js';
import type { AbandonTarget, DatabaseRestorer, DumpToLoad, RestoreTarget } from '../engines/database-restorer.js';
import { toFile } from './artifact-file.js';
import type { InstanceConnector } from './instance-connector.js';
import { inScratchFolder } from './scratch-folder.js';
import { untilStopped } from './stoppable.js';

/** What any product does at the least with what it has read, as building indexes, in bytes of the dump a millisecond. */
export const FINISH_BYTES_PER_MS = 1024;
/** How long giving the databases of a restore their names may take: what they replace, of any size, is dropped by then. */
const COMMIT_TIMEOUT_MS = 3_600_000;
/** How long removing what was never committed may keep its target: what is left then is tried again later. */
const CLEAN_TIMEOUT_MS = 60_000;
/** As long as every product allows in the name of a database. */
const STAGING_ID_LENGTH = 24;

interface RestoreStepsDeps {
  readonly connector: InstanceConnector;
  readonly pipeline: ArtifactPipeline;
  /** Folder for temporary files. */
  readonly scratchRoot: string;
}

interface LoadOrder {
  readonly backup: Backup;
  readonly artifact: ManifestArtifact;
  /** Called with the bytes of the dump that went through. */
  readonly onBytes: (bytes: number) => void;
  /** Called when all of the dump was read: what is still to do, as indexes, moves no bytes. */
  readonly onRead: () => void;
  readonly signal: AbortSignal;
}

/** Names what is put beside for one database of a restore or a proof: the same for whoever takes that over. */
export function toStagingId(ownerId: string, database: string): string {
  return createHash('sha256').update(`${ownerId}\n${database}`).digest('hex').slice(0, STAGING_ID_LENGTH);
}

/** What is done with the databases of a restore: each step by its own call, so that another server can go on with it. */
export class RestoreSteps {
  readonly #deps: RestoreStepsDeps;

  constructor(deps: RestoreStepsDeps) {
    this.#deps = deps;
  }

  /** Reads the stored bytes and the manifest's record of them, before the first one is applied. */
  async check({ backup, artifact, onBytes, signal }: Omit<LoadOrder, 'onRead'>): Promise<void> {
    const { originalBytes, storedBytes } = artifact;
    const ratio = originalBytes / Math.max(1, storedBytes);
    const checking = this.#deps.pipeline.checkStored({
      file: toFile(backup, artifact.path),
      artifact: toArtifact(artifact),
      onBytes: (bytes) => {
        onBytes(bytes * ratio);
      },
      signal,
    });
    await untilStopped(checking, signal);
  }

  /** Loads a dump beside what the target has. @param name of the database to be */
  async stage(restore: Restore, name: string, order: LoadOrder): Promise<void> {
    const dump = this.toDump(order);
    const place = { database: name, signal: order.signal };
    await this.#withTarget(restore, place, (engine, target) => engine.stageRestore(target, dump));
  }

  /** The content of a stored dump, on its way to an engine. */
  toDump({ backup, artifact, onBytes, onRead, signal }: LoadOrder): DumpToLoad {
    const { format, originalBytes, contents } = artifact;
    const file = toFile(backup, artifact.path);
    const stored = this.#deps.pipeline.readStored({ file, artifact: toArtifact(artifact), onBytes, signal });
    return { format, originalBytes, contents, engineVersion: backup.engineVersion, content: told(stored, onRead) };
  }

  /**
   * Gives one database its name. Ended by the signal, it is to be done again.
   * @returns whether nothing is left beside
   * @throws as `DatabaseRestorer.commitRestore` does
   */
  async commit(restore: Restore, name: string, stop: AbortSignal): Promise<boolean> {
    const place = { database: name, signal: AbortSignal.any([stop, AbortSignal.timeout(COMMIT_TIMEOUT_MS)]) };
    return this.#withTarget(restore, place, (engine, target) => engine.commitRestore(target));
  }

  /** Takes back what of a restore could not be committed. @throws what keeps that from being done: it is to be done again */
  async undo(restore: Restore, stop: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(COMMIT_TIMEOUT_MS)]);
    await this.#abandon(restore, { isCommitBegun: true, signal });
  }

  /** Removes what was put beside. @throws what keeps that from being done for any of its databases */
  async clean(restore: Restore): Promise<void> {
    await this.#abandon(restore, { isCommitBegun: false, signal: AbortSignal.timeout(CLEAN_TIMEOUT_MS) });
  }

  /** Runs work in a scratch folder of its own. */
  async inScratch<T>(ownerId: string, work: (scratchDir: string) => Promise<T>): Promise<T> {
    return inScratchFolder(this.#deps.scratchRoot, ownerId, work);
  }

  async #abandon(
    restore: Restore,
    { isCommitBegun, signal }: Pick<AbandonTarget, 'isCommitBegun' | 'signal'>,
  ): Promise<void> {
    const faults: unknown[] = [];
    for (const { restoreAs } of restore.databases) {
      const place = { database: restoreAs, signal };
      await this.#withTarget(restore, place, (engine, target) =>
        engine.abandonRestore({ ...target, isCommitBegun }),
      ).catch((error: unknown) => faults.push(error));
    }
    if (faults.length > 0) throw faults[0];
  }

  async #withTarget<T>(
    { id, targetInstanceId, overwrite }: Restore,
    { database, signal }: Pick<RestoreTarget, 'database' | 'signal'>,
    work: (engine: DatabaseRestorer, target: RestoreTarget) => Promise<T>,
  ): Promise<T> {
    const { engine, url } = await this.#deps.connector.connect(targetInstanceId);
    const stagingId = toStagingId(id, database);
    // Stuck in the operating system, where no signal reaches it, an engine must not keep the target for ever.
    const working = this.inScratch(id, (scratchDir) =>
      work(engine, { url, database, overwrite, stagingId, scratchDir, signal }),
    );
    return untilStopped(working, signal);
  }
}

async function* told(content: AsyncIterable<Uint8Array>, onRead: () => void): AsyncGenerator<Uint8Array> {
  yield* content;
  onRead();
}

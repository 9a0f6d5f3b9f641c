import { ArtifactStoreError } from '../artifacts/artifact-store.js';
import { toArtifactName } from '../artifacts/file-name.js';
import type { DumpTool } from '../artifacts/manifest.js';
import type { ArtifactPipeline } from '../artifacts/pipeline.js';
import type { Artifact, Backup, DumpContents } from '../domain/backup.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Database } from '../domain/database.js';
import { BackupFailedError } from '../domain/failure.js';
import type { DatabaseEngine, Dump } from '../engines/database-engine.js';
import { toFile } from './artifact-file.js';
import type { ProgressMeter } from './progress-meter.js';
import { inScratchFolder } from './scratch-folder.js';
import type { StallWatchdog } from './stall-watchdog.js';
import { untilReleased, untilStopped } from './stoppable.js';

/** What the steps of one backup share. */
export interface BackupRun {
  readonly backup: Backup;
  readonly engine: DatabaseEngine;
  /** Connection URL of the instance: a secret. */
  readonly url: string;
  readonly databases: readonly Database[];
  readonly meter: ProgressMeter;
  readonly watchdog: StallWatchdog;
  readonly signal: AbortSignal;
}

export interface StoredDump {
  readonly artifact: Artifact;
  readonly tool: DumpTool;
  readonly contents: DumpContents | null;
}

interface CopyDatabaseDeps {
  readonly pipeline: ArtifactPipeline;
  /** Folder for temporary copies. */
  readonly scratchRoot: string;
}

/** Brings one database of a backup into the store, and proves what is there. */
export class CopyDatabase {
  readonly #pipeline: ArtifactPipeline;
  readonly #scratchRoot: string;

  constructor(deps: CopyDatabaseDeps) {
    this.#pipeline = deps.pipeline;
    this.#scratchRoot = deps.scratchRoot;
  }

  /** @param index of the database among those of the run */
  async copy(run: BackupRun, index: number): Promise<StoredDump> {
    const database = getDatabase(run, index);
    return inScratchFolder(this.#scratchRoot, run.backup.id, async (scratchDir) => {
      const { engine, url, signal } = run;
      const beginning = engine.dump({ url, database, scratchDir, onStaged: onBytes(run, index, 'stage'), signal });
      const dump = await untilStopped(beginning, signal);
      // One that streams from the instance has no such pass.
      if (engine.isStaged) run.meter.finish(index, 'stage');
      try {
        return await this.#storeDump(run, index, dump);
      } finally {
        await untilReleased(dump[Symbol.asyncDispose]());
      }
    });
  }

  /** Reads the stored artifact back: its bytes, its content, and the engine's format check. */
  async verify(run: BackupRun, index: number, artifact: Artifact): Promise<void> {
    const verifying = this.#pipeline.verifyStored({
      file: toFile(run.backup, artifact.path),
      artifact,
      check: (content) => run.engine.checkFormat(artifact.format, content, run.signal),
      onBytes: onBytes(run, index, 'verify'),
      signal: run.signal,
    });
    await untilStopped(verifying, run.signal);
    run.meter.finish(index, 'verify');
  }

  /** Good only when both the tool has succeeded and the bytes have gone their whole way: either alone proves nothing. */
  async #storeDump(run: BackupRun, index: number, dump: Dump): Promise<StoredDump> {
    const database = getDatabase(run, index);
    const layout = this.#pipeline.layoutOf(dump);
    const stored = { format: dump.format, ...layout };
    const file = toFile(run.backup, toArtifactName(database.name, stored));
    const failed = new AbortController();
    const storing = this.#pipeline.storeDump({
      ...{ file, layout },
      content: dump.content,
      onBytes: onBytes(run, index, 'store'),
      signal: AbortSignal.any([run.signal, failed.signal]),
    });
    const streaming = storing.then((bytes) => {
      run.watchdog.allow(dump.completionAllowanceMs);
      return bytes;
    });
    try {
      const [bytes, contents] = await untilStopped(Promise.all([streaming, dump.completion]), run.signal);
      run.watchdog.touch();
      run.meter.finish(index, 'store');
      if (bytes.originalBytes === 0) throw emptyDump(database);
      const { name, system } = database;
      return { artifact: { database: name, system, path: file.name, ...stored, ...bytes }, tool: dump.tool, contents };
    } catch (error) {
      failed.abort();
      // A store that fails breaks the tool's pipe: whichever of the two is heard of first, the store is the cause.
      throw (await findStoreFault(storing)) ?? error;
    }
  }
}

/** Waits until the store has let go. Null when it has not failed by itself, or is stuck. */
async function findStoreFault(storing: Promise<unknown>): Promise<ArtifactStoreError | null> {
  const fault = storing.then(
    () => null,
    (error: unknown) => (error instanceof ArtifactStoreError ? error : null),
  );
  return untilStopped(fault, AbortSignal.abort()).catch(() => null);
}

function onBytes({ watchdog, meter }: BackupRun, index: number, pass: string): (bytes: number) => void {
  return (bytes) => {
    watchdog.touch();
    meter.add(index, pass, bytes);
  };
}

function getDatabase({ databases }: BackupRun, index: number): Database {
  const database = databases[index];
  if (database === undefined) throw new RangeError(`the run has no database ${index.toString()}`);
  return database;
}

function emptyDump({ name }: Database): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `The dump of database ${name} is empty.`);
}

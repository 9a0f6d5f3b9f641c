import type { ArtifactFormat, DumpContents, TableRows } from '../domain/backup.js';
import type { Instance } from '../domain/instance.js';

/**
 * How one database product takes a dump back.
 *
 * - A restore goes in steps, so that a failure or a crash at any instant leaves the old data or the new, each whole: `stageRestore`
 *   loads the dump into a database beside those that are there; `commitRestore` gives it its name, and removes the one
 *   that had the name. `abandonRestore` takes back what is not committed. What is put beside is named by the staging id
 *   (staging-name.ts), so whoever takes a restore over after a crash finds it again.
 * - `commitRestore` and `abandonRestore` are idempotent, also after a crash in the middle of either.
 * - Every error of a statement is an error of the restore: nothing is skipped.
 * - Every call ends soon after its signal is aborted, and rejects then; the tools that it has started are gone.
 * - Connection URLs and credentials stay inside: no error message, log or process argument shows them.
 */
export interface DatabaseRestorer {
  /** Whether `proveRestore` needs no instance of its product. */
  readonly provesAlone: boolean;
  /** Whether dumps of an instance of version `source` load into one of version `target`: the same series, or a later one. */
  acceptsDumpsOf(source: string, target: string): boolean;
  /**
   * Why the instance cannot have a user database of that name, a sentence for whoever chose it; null when it can. Whether
   * one is there is another question.
   */
  findNameFault(url: string, name: string): Promise<string | null>;
  /** Whether the programs are there that restoring to this instance takes. @throws DomainError CLIENT_TOOL_MISSING */
  assertRestoreTools(target: Pick<Instance, 'engine' | 'engineVersion'>): Promise<void>;
  /**
   * Loads a dump into a new database beside. Once it resolves, that is whole and durable. What it leaves behind when it
   * rejects is for `abandonRestore`.
   * @throws RestoreFailedError, EngineUnreachableError; what the content throws comes through unchanged
   */
  stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void>;
  /**
   * Gives what was staged its name, in place of the database that has it, if `overwrite` allows that. Does nothing when it
   * was done before. When it rejects with RestoreFailedError, the target has what it had before; `abandonRestore` then
   * removes the rest. When it rejects otherwise, nobody knows, and it is to be called again.
   * @returns whether nothing is left beside. What could not be removed once the target has the new database is no failure:
   * `abandonRestore` removes it later.
   * @throws RestoreFailedError TARGET_EXISTS when there is a database of that name and `overwrite` is false
   * @throws EngineUnreachableError
   */
  commitRestore(target: RestoreTarget): Promise<boolean>;
  /**
   * Removes what a restore has put beside, and puts back what a broken-off commit has put aside. After a commit that was
   * done it removes only what that has left. @throws as `commitRestore` does
   */
  abandonRestore(target: AbandonTarget): Promise<void>;
  /**
   * Proves a dump: loads it into a scratch database, counts the rows of its tables, and removes the database again, whatever
   * happens. What a crash leaves is for `abandonRestore`, with the same staging id.
   * @throws as `stageRestore` does
   */
  proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]>;
}

/** Where a database is to be restored to. */
export interface RestoreTarget {
  /** Connection URL of the instance: a secret. */
  readonly url: string;
  /** Name that the database is to have. */
  readonly database: string;
  /** Whether a database that has the name already is replaced. */
  readonly overwrite: boolean;
  /** 24 lower-case hex digits, of this database of this restore alone. */
  readonly stagingId: string;
  /** A folder of its own for this call; the caller removes it. */
  readonly scratchDir: string;
  readonly signal: AbortSignal;
}

export interface AbandonTarget extends RestoreTarget {
  /** Whether a commit has begun, perhaps on another server: before that, nothing that has a name of its own was touched. */
  readonly isCommitBegun: boolean;
}

export interface ProofTarget extends Pick<RestoreTarget, 'stagingId' | 'scratchDir' | 'signal'> {
  /** Of a server to load into; null where the product proves alone. */
  readonly url: string | null;
}

/** A dump that was found in the store. */
export interface DumpToLoad {
  readonly format: ArtifactFormat;
  /** Version of the instance that it was taken of. */
  readonly engineVersion: string;
  /** Bytes of the content. */
  readonly originalBytes: number;
  /** As its engine gave it when it was taken; null when nothing was recorded. */
  readonly contents: DumpContents | null;
  /** The dump as the engine gave it. It is read once, to its end. */
  readonly content: AsyncIterable<Uint8Array>;
}

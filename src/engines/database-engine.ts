import type { Readable } from 'node:stream';
import type { DumpTool } from '../artifacts/manifest.js';
import type { ArtifactFormat, DumpContents } from '../domain/backup.js';
import type { Database } from '../domain/database.js';
import type { Engine, InstanceRole } from '../domain/instance.js';
import type { DatabaseRestorer } from './database-restorer.js';

/**
 * How one database product is backed up, and takes its dumps back.
 *
 * - An engine keeps no state between calls; every call opens what it needs and closes it again, whatever happens.
 * - Backing up never writes to the instance, and leaves nothing beside it.
 * - Every call ends soon after its signal is aborted, and rejects then.
 * - Connection URLs and credentials stay inside: no error message, log or process argument shows them.
 */
export interface DatabaseEngine extends DatabaseRestorer {
  /** Schemes of the connection URLs that it takes: lower case, no colon. */
  readonly schemes: readonly string[];
  /**
   * Whether `dump` makes a consistent copy in `scratchDir` first (reported by `onStaged`) and streams that. Its bytes
   * then pass once more than those of an engine that streams from the instance, and its databases are copied one after
   * the other, so that no more than one copy takes room at a time.
   */
  readonly isStaged: boolean;
  /** Where a URL points, without credentials: safe to show, also for a URL that is no good. */
  endpointOf(url: string): string;
  /**
   * Looks at the instance as a registration needs it: that it answers, and lets itself be backed up.
   * @throws DomainError BAD_USER_INPUT when the URL is not one it can take
   * @throws EngineUnreachableError
   */
  probe(url: string, signal: AbortSignal): Promise<Probe>;
  /** Asks the least that shows that the instance is there and what it is: it is called often. @throws EngineUnreachableError */
  checkHealth(url: string, signal: AbortSignal): Promise<Health>;
  /** The databases that the instance has now, in the order of their names. @throws EngineUnreachableError */
  listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]>;
  /**
   * What a backup holds of an instance beside its user databases; `dump` takes each by its name, with `system` true. Not
   * every system database is worth keeping, and not everything to keep is a database (roles and users are not).
   * @param present what `listDatabases` gave
   */
  systemParts(present: readonly Database[]): readonly Database[];
  /** Whether the programs are there that dumping this instance takes. @throws DomainError CLIENT_TOOL_MISSING */
  assertTools(instance: Product): Promise<void>;
  /**
   * Begins to dump one database. `completion` settles only after `content` was read or destroyed.
   * @throws EngineUnreachableError, BackupFailedError
   */
  dump(request: DumpRequest): Promise<Dump>;
  /**
   * Reads a stored dump to its end. It ends soon after its signal is aborted, also while the content hangs.
   * @throws BackupFailedError DUMP_FAILED when it is none of that format, or not whole
   */
  checkFormat(format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
}

/** Which product an instance is. */
export interface Product {
  readonly engine: Engine;
  /** As the product states it, without additions of its packager. */
  readonly engineVersion: string;
}

export interface Health extends Product {
  readonly role: InstanceRole;
}

export interface Probe extends Health {
  /** The URL to keep, in the form in which the engine wants it back. A secret. */
  readonly url: string;
  /** Where the instance is, without credentials. */
  readonly endpoint: string;
  readonly databases: readonly Database[];
}

export interface DumpRequest {
  readonly url: string;
  readonly database: { readonly name: string; readonly system: boolean };
  /** A folder of its own for this dump; the caller removes it. */
  readonly scratchDir: string;
  /** Called with the bytes that were staged since the last call. */
  readonly onStaged: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** A dump under way. Disposing of it stops the tool, if it still runs. */
export interface Dump extends AsyncDisposable {
  readonly tool: DumpTool;
  readonly format: ArtifactFormat;
  /** Whether the content is compressed already: it is then stored as it is. */
  readonly isCompressed: boolean;
  readonly content: Readable;
  /**
   * Resolves when the tool has finished without error and every check of the engine's own has passed; only with this
   * *and* the whole content stored is the dump good. It tells what the dump holds, or null where there is nothing to tell
   * (the part is no database). @throws BackupFailedError
   */
  readonly completion: Promise<DumpContents | null>;
  /** How long `completion` may take, once the content was read, before it counts as stalled: beyond the usual time. */
  readonly completionAllowanceMs: number;
}

/** The instance does not answer, or not as it must. The reason is a sentence for the operator, without secrets. */
export class EngineUnreachableError extends Error {
  override readonly name = 'EngineUnreachableError';
}

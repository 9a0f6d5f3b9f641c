import type { Database } from '../../src/domain/database.js';
import type { TableRows } from '../../src/domain/backup.js';
import { RestoreFailedError } from '../../src/domain/failure.js';
import { RestoreFailureCode } from '../../src/domain/restore.js';
import { abortable } from '../../src/engines/abortable-content.js';
import { toVersionNumbers } from '../../src/engines/client-tools.js';
import type {
  AbandonTarget,
  DatabaseRestorer,
  DumpToLoad,
  ProofTarget,
  RestoreTarget,
} from '../../src/engines/database-restorer.js';
import { Hold } from './hold.js';

/** A call that a restore made, in the order of the calls. */
export interface RestoreCall {
  readonly step: 'stage' | 'commit' | 'abandon' | 'prove';
  /** Null for a proof: it is for no database in particular. */
  readonly database: string | null;
  readonly stagingId: string;
  /** Of an abandonment: what it was told. */
  readonly isCommitBegun?: boolean;
}

type LoggedTarget = Partial<Pick<AbandonTarget, 'database' | 'isCommitBegun'>>;

/**
 * Restores into memory. An instance is the host of its URL: each has `databases`, and what was restored to it. It outlives
 * any server that uses it, as an instance does.
 */
export abstract class FakeRestorer implements DatabaseRestorer {
  abstract databases: readonly Database[];
  abstract toolFault: Error | null;
  provesAlone = true;
  /** What each step meets; null = it goes well. `stageFault` shows in the middle of the content. */
  stageFault: Error | null = null;
  commitFault: Error | null = null;
  abandonFault: Error | null = null;
  proveFault: Error | null = null;
  /** Whether something stays beside what a commit has given its name. */
  leavesRest = false;
  /** Why no name is any good; null = each is. */
  nameFault: string | null = null;
  /** Whether a proof counts one row less than there are. */
  losesRow = false;
  readonly restoreCalls: RestoreCall[] = [];
  /** Content by host, and by name. */
  readonly #restored = new Map<string, Map<string, Buffer>>();
  /** Content by host, and by staging id. */
  readonly #staged = new Map<string, Map<string, Buffer>>();
  #restoreHold: Hold | null = null;
  #commitHold: Hold | null = null;

  /** From now on every database waits in the middle of its content while it is loaded. */
  holdRestores(): Hold {
    this.#restoreHold = new Hold();
    return this.#restoreHold;
  }

  /** From now on what is loaded waits before it gets its name. */
  holdCommits(): Hold {
    this.#commitHold = new Hold();
    return this.#commitHold;
  }

  /** What a dump of the database holds. */
  contentOf(url: string, name: string): Buffer {
    const restored = hostMap(this.#restored, url).get(name);
    const sizeBytes = this.databases.find((database) => database.name === name)?.sizeBytes ?? 0;
    return restored ?? Buffer.alloc(sizeBytes, name);
  }

  /** Staging ids of what is beside the databases. */
  stagedAt(url: string): readonly string[] {
    return [...hostMap(this.#staged, url).keys()];
  }

  acceptsDumpsOf(source: string, target: string): boolean {
    return (toVersionNumbers(source)[0] ?? 0) <= (toVersionNumbers(target)[0] ?? 0);
  }

  findNameFault(): Promise<string | null> {
    return Promise.resolve(this.nameFault);
  }

  assertRestoreTools(): Promise<void> {
    return this.toolFault === null ? Promise.resolve() : Promise.reject(this.toolFault);
  }

  async stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void> {
    this.#log('stage', target);
    const staged = hostMap(this.#staged, target.url);
    staged.set(target.stagingId, Buffer.alloc(0));
    staged.set(target.stagingId, await this.#read(dump, target.signal, this.stageFault));
  }

  async commitRestore(target: RestoreTarget): Promise<boolean> {
    this.#log('commit', target);
    await this.#commitHold?.pass(target.signal);
    target.signal.throwIfAborted();
    if (this.commitFault !== null) throw this.commitFault;
    const staged = hostMap(this.#staged, target.url);
    const content = staged.get(target.stagingId);
    if (content === undefined) return !this.leavesRest;
    const isThere = this.databasesOf(target.url).some(({ name }) => name === target.database);
    if (isThere && !target.overwrite) {
      throw new RestoreFailedError(
        RestoreFailureCode.TARGET_EXISTS,
        `There is a database ${target.database} already. Choose another name, or let it be replaced.`,
      );
    }
    hostMap(this.#restored, target.url).set(target.database, content);
    staged.delete(target.stagingId);
    return !this.leavesRest;
  }

  abandonRestore(target: AbandonTarget): Promise<void> {
    this.#log('abandon', target);
    if (this.abandonFault !== null) return Promise.reject(this.abandonFault);
    hostMap(this.#staged, target.url).delete(target.stagingId);
    return Promise.resolve();
  }

  async proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
    this.#log('prove', scratch);
    const { length } = await this.#read(dump, scratch.signal, this.proveFault);
    return [{ name: 'rows', rows: this.losesRow ? length - 1 : length }];
  }

  /** What the instance has now. */
  protected databasesOf(url: string): readonly Database[] {
    const restored = hostMap(this.#restored, url);
    const untouched = this.databases.filter(({ name }) => !restored.has(name));
    if (restored.size === 0) return untouched;
    const added = [...restored].map(([name, { length: sizeBytes }]) => ({ name, sizeBytes, system: false }));
    return [...untouched, ...added].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async #read(dump: DumpToLoad, signal: AbortSignal, fault: Error | null): Promise<Buffer> {
    signal.throwIfAborted();
    const chunks: Uint8Array[] = [];
    let isHeld = false;
    for await (const chunk of abortable(dump.content, signal)) {
      chunks.push(chunk);
      if (isHeld) continue;
      isHeld = true;
      await this.#restoreHold?.pass(signal);
      if (fault !== null) throw fault;
    }
    if (fault !== null) throw fault;
    return Buffer.concat(chunks);
  }

  #log(
    step: RestoreCall['step'],
    { stagingId, database, isCommitBegun }: Pick<ProofTarget, 'stagingId'> & LoggedTarget,
  ): void {
    const told = isCommitBegun === undefined ? {} : { isCommitBegun };
    this.restoreCalls.push({ step, database: database ?? null, stagingId, ...told });
  }
}

function hostMap<T>(maps: Map<string, Map<string, T>>, url: string): Map<string, T> {
  const host = URL.canParse(url) ? new URL(url).host : url;
  const map = maps.get(host) ?? new Map<string, T>();
  maps.set(host, map);
  return map;
}

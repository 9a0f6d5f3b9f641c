import sqlite3 from 'sqlite3';
import type { ArtifactFormat, TableRows } from '../../domain/backup.js';
import type { Database } from '../../domain/database.js';
import { Engine, InstanceRole } from '../../domain/instance.js';
import { abortable } from '../abortable-content.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { DatabaseEngine, Dump, DumpRequest, Health, Probe } from '../database-engine.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { findNameFault } from './beside.js';
import { SqliteConnection } from './connection.js';
import { SqliteDump } from './dump.js';
import { toDumpFailure, toUnreachable } from './errors.js';
import { checkSqliteFormat } from './format.js';
import { isAtRest } from './file.js';
import { OpenFiles } from './open-files.js';
import { checkReadable, findDatabaseFile, listSqliteDatabases } from './probe.js';
import type { SqliteAccess } from './probe.js';
import { abandonSqlite, commitSqlite, proveSqlite, stageSqlite } from './restore.js';
import { resolvePath, toUrl } from './url.js';
import type { SqliteRoots } from './url.js';

const HEALTH: Health = {
  engine: Engine.SQLITE,
  engineVersion: sqlite3.VERSION,
  role: InstanceRole.PRIMARY,
};

/** A SQLite file, or a folder of them. There are no roles, users or system databases: it is always its own primary. */
export class SqliteEngine implements DatabaseEngine {
  readonly schemes = ['sqlite'];
  readonly isStaged = true;
  readonly provesAlone = true;
  readonly #access: SqliteAccess;

  /** @param ownFiles databases that this server itself has open throughout: its catalog may be backed up, too */
  constructor(roots: SqliteRoots, ownFiles: readonly string[] = []) {
    this.#access = { roots, files: new OpenFiles(ownFiles) };
  }

  endpointOf(url: string): string {
    // SQLite knows no credentials; a URL that is meant for another product may hold some all the same.
    return url.replace(/^(sqlite:\/\/)[^/]*@/i, '$1');
  }

  async probe(url: string, signal: AbortSignal): Promise<Probe> {
    const path = await resolvePath(url, this.#access.roots);
    const databases = await this.#list(path, signal);
    if (databases.length === 0) throw new EngineUnreachableError('the folder holds no SQLite database.');
    await this.#tryToRead(path, databases[0]?.name ?? '');
    return { ...HEALTH, url: toUrl(path), endpoint: `sqlite:${path}`, databases };
  }

  async checkHealth(url: string, signal: AbortSignal): Promise<Health> {
    signal.throwIfAborted();
    try {
      await checkReadable(await resolvePath(url, this.#access.roots), this.#access);
    } catch (error) {
      throw toUnreachable(error);
    }
    return HEALTH;
  }

  systemParts(): readonly Database[] {
    return [];
  }

  /** The library is built in. */
  async assertTools(): Promise<void> {
    return Promise.resolve();
  }

  async listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]> {
    return this.#list(await resolvePath(url, this.#access.roots), signal);
  }

  async dump(request: DumpRequest): Promise<Dump> {
    const { name } = request.database;
    let file: string;
    try {
      file = await findDatabaseFile(await resolvePath(request.url, this.#access.roots), name, this.#access.roots);
    } catch (error) {
      throw toDumpFailure(error, name);
    }
    return SqliteDump.begin({ path: file, files: this.#access.files }, request);
  }

  async checkFormat(_format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await checkSqliteFormat(abortable(content, signal));
  }

  /** Every version of SQLite reads what any other has written. */
  acceptsDumpsOf(): boolean {
    return true;
  }

  async findNameFault(url: string, name: string): Promise<string | null> {
    try {
      return await findNameFault(url, name, this.#access.roots);
    } catch (error) {
      throw toUnreachable(error);
    }
  }

  /** The library is built in. */
  async assertRestoreTools(): Promise<void> {
    return Promise.resolve();
  }

  async stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void> {
    await stageSqlite(target, dump, this.#access.roots);
  }

  async commitRestore(target: RestoreTarget): Promise<boolean> {
    return commitSqlite(target, this.#access);
  }

  async abandonRestore(target: RestoreTarget): Promise<void> {
    await abandonSqlite(target, this.#access.roots);
  }

  async proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
    return proveSqlite(scratch, dump);
  }

  async #list(path: string, signal: AbortSignal): Promise<readonly Database[]> {
    signal.throwIfAborted();
    try {
      return await listSqliteDatabases(path, this.#access);
    } catch (error) {
      throw toUnreachable(error);
    }
  }

  /** A header can lie, and a lock does not show in it: registering reads one database for real. */
  async #tryToRead(path: string, name: string): Promise<void> {
    try {
      const file = await findDatabaseFile(path, name, this.#access.roots);
      await using connection = (await isAtRest(file, this.#access.files))
        ? await SqliteConnection.openImmutable(file)
        : await SqliteConnection.openForReading(file, this.#access.files);
      await connection.pinSnapshot();
    } catch (error) {
      throw toUnreachable(error);
    }
  }
}

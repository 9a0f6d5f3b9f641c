import type { ArtifactFormat, TableRows } from '../../domain/backup.js';
import type { Database } from '../../domain/database.js';
import { abortable } from '../abortable-content.js';
import type { ClientTools } from '../client-tools.js';
import type { DatabaseEngine, Dump, DumpRequest, Health, Probe, Product } from '../database-engine.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { PostgresqlConnection } from './connection.js';
import { beginDump, GLOBALS } from './dump.js';
import { checkArchive, checkGlobals } from './format.js';
import { assertMayConnect, readDatabases, readHealth } from './probe.js';
import { nothingToProveOn } from './restore-failure.js';
import { proveRestore, stageRestore } from './restore.js';
import { abandonRestore, commitRestore } from './swap.js';
import { findNameFault } from './target-name.js';
import { acceptsDumpsOf, PostgresqlTools } from './tools.js';
import type { FolderList } from './tools.js';
import { toEndpoint, toServer } from './url.js';

/** A PostgreSQL server: all databases of its cluster. It is dumped and restored by its own client programs. */
export class PostgresqlEngine implements DatabaseEngine {
  readonly schemes = ['postgresql', 'postgres'];
  readonly isStaged = false;
  readonly provesAlone = false;
  readonly #tools: PostgresqlTools;

  /** @param listFolders where programs are looked for besides PATH; by default where packages put them */
  constructor(tools: ClientTools, listFolders?: FolderList) {
    this.#tools = new PostgresqlTools(tools, listFolders);
  }

  endpointOf(url: string): string {
    return toEndpoint(url);
  }

  async probe(url: string, signal: AbortSignal): Promise<Probe> {
    const server = toServer(url);
    await using connection = await PostgresqlConnection.open(server, signal);
    const health = await readHealth(connection);
    const databases = await readDatabases(connection);
    await assertMayConnect(connection, databases, server.user);
    return { ...health, url, endpoint: toEndpoint(url), databases };
  }

  async checkHealth(url: string, signal: AbortSignal): Promise<Health> {
    await using connection = await PostgresqlConnection.open(toServer(url), signal);
    return await readHealth(connection);
  }

  async listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]> {
    await using connection = await PostgresqlConnection.open(toServer(url), signal);
    return await readDatabases(connection);
  }

  /** Of the system databases only `postgres` is one that people put things into. */
  systemParts(present: readonly Database[]): readonly Database[] {
    return [GLOBALS, ...present.filter(({ name }) => name === 'postgres')];
  }

  async assertTools({ engineVersion }: Product): Promise<void> {
    await this.#tools.getFor(engineVersion);
  }

  async dump(request: DumpRequest): Promise<Dump> {
    return beginDump(toServer(request.url), this.#tools, request);
  }

  async checkFormat(format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await (format === 'sql' ? checkGlobals(abortable(content, signal)) : checkArchive(this.#tools, content, signal));
  }

  acceptsDumpsOf(source: string, target: string): boolean {
    return acceptsDumpsOf(source, target);
  }

  findNameFault(_url: string, name: string): Promise<string | null> {
    return Promise.resolve(findNameFault(name));
  }

  async assertRestoreTools({ engineVersion }: Product): Promise<void> {
    await this.#tools.getRestorer(engineVersion);
  }

  async stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void> {
    await stageRestore(toServer(target.url), this.#tools, { target, dump });
  }

  async commitRestore(target: RestoreTarget): Promise<boolean> {
    return commitRestore(toServer(target.url), target);
  }

  async abandonRestore(target: RestoreTarget): Promise<void> {
    await abandonRestore(toServer(target.url), target);
  }

  async proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
    if (scratch.url === null) throw nothingToProveOn();
    return await proveRestore(toServer(scratch.url), this.#tools, { scratch, dump });
  }
}

import type { ArtifactFormat, TableRows } from '../../domain/backup.js';
import type { Database } from '../../domain/database.js';
import { abortable } from '../abortable-content.js';
import { compareVersions } from '../client-tools.js';
import type { ClientTools } from '../client-tools.js';
import type { DatabaseEngine, Dump, DumpRequest, Health, Probe, Product } from '../database-engine.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { toServerEndpoint } from '../server-url.js';
import { toStagedName } from '../staging-name.js';
import { RESTORE_WAITS } from './client-call.js';
import type { RestoreWaits, Staging } from './client-call.js';
import { MysqlConnection } from './connection.js';
import { beginDump } from './dump.js';
import { toDumpFailure, toUnreachable } from './errors.js';
import { checkSqlFormat } from './format.js';
import { ACCOUNTS_DATABASE, assertReadable, listDatabases, readHealth, readProduct } from './probe.js';
import { proveDump } from './prove.js';
import { findRestoreNameFault } from './restore-name.js';
import { stageDump } from './stage.js';
import { swapWith } from './swap.js';
import { findTlsFault } from './tls.js';
import { getClientTool, getDumpTool } from './tools.js';
import { DEFAULT_PORT, parseMysqlUrl } from './url.js';

/** A server of MySQL or MariaDB: which of the two it is, it says itself, whatever the scheme of its URL. */
export class MysqlEngine implements DatabaseEngine {
  readonly schemes = ['mysql', 'mariadb'];
  readonly isStaged = false;
  readonly provesAlone = false;
  readonly #tools: ClientTools;
  readonly #waits: RestoreWaits;

  constructor(tools: ClientTools, waits = RESTORE_WAITS) {
    this.#tools = tools;
    this.#waits = waits;
  }

  endpointOf(url: string): string {
    return toServerEndpoint(url, DEFAULT_PORT);
  }

  async probe(url: string, signal: AbortSignal): Promise<Probe> {
    return this.#ask(url, signal, async (connection) => {
      const health = await readHealth(connection);
      const fault = findTlsFault(parseMysqlUrl(url), health);
      if (fault !== null) throw new EngineUnreachableError(fault);
      const databases = await listDatabases(connection, health);
      await assertReadable(connection, health, databases);
      return { ...health, url, endpoint: this.endpointOf(url), databases };
    });
  }

  async checkHealth(url: string, signal: AbortSignal): Promise<Health> {
    return this.#ask(url, signal, readHealth);
  }

  async listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]> {
    return this.#ask(url, signal, async (connection) => listDatabases(connection, await readProduct(connection)));
  }

  /** The server's own databases are made anew by each server; its users and grants are not. */
  systemParts(present: readonly Database[]): readonly Database[] {
    return present.filter(({ name }) => name === ACCOUNTS_DATABASE);
  }

  async assertTools(instance: Product): Promise<void> {
    await getDumpTool(this.#tools, instance);
  }

  async dump(request: DumpRequest): Promise<Dump> {
    try {
      return await beginDump(parseMysqlUrl(request.url), request, this.#tools);
    } catch (error) {
      throw request.signal.aborted ? error : toDumpFailure(error, request.database.name);
    }
  }

  async checkFormat(_format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await checkSqlFormat(abortable(content, signal));
  }

  acceptsDumpsOf(source: string, target: string): boolean {
    return compareVersions(target, source, 2) >= 0;
  }

  async findNameFault(_url: string, name: string): Promise<string | null> {
    return Promise.resolve(findRestoreNameFault(name));
  }

  async assertRestoreTools(target: Product): Promise<void> {
    await getClientTool(this.#tools, target);
    // It tells what a database that is replaced has besides its tables.
    await getDumpTool(this.#tools, target);
  }

  async stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void> {
    await stageDump(this.#toStaging(target), dump);
  }

  async commitRestore(target: RestoreTarget): Promise<boolean> {
    return swapWith(this.#toStaging(target), async (swap) => swap.commit(target.overwrite));
  }

  async abandonRestore(target: RestoreTarget): Promise<void> {
    await swapWith(this.#toStaging(target), async (swap) => swap.abandon());
  }

  async proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
    if (scratch.url === null) throw new Error('a proof takes a server');
    return proveDump(
      this.#toStaging({ ...scratch, url: scratch.url, database: toStagedName(scratch.stagingId) }),
      dump,
    );
  }

  #toStaging({ url, ...staging }: Omit<Staging, 'target' | 'tools' | 'waits'> & { readonly url: string }): Staging {
    return { ...staging, target: parseMysqlUrl(url), tools: this.#tools, waits: this.#waits };
  }

  async #ask<T>(url: string, signal: AbortSignal, question: (connection: MysqlConnection) => Promise<T>): Promise<T> {
    const target = parseMysqlUrl(url);
    try {
      await using connection = await MysqlConnection.open(target, signal);
      return await question(connection);
    } catch (error) {
      throw signal.aborted ? error : toUnreachable(error);
    }
  }
}

import type { ArtifactFormat, TableRows } from '../../domain/backup.js';
import type { Database } from '../../domain/database.js';
import { abortable } from '../abortable-content.js';
import type { DatabaseEngine, Dump, DumpRequest, Health, Probe } from '../database-engine.js';
import type { AbandonTarget, DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { badServerUrl } from '../server-url.js';
import { SqlServerConnection } from './connection.js';
import { isKept, readDatabaseStates, toDatabase } from './database-states.js';
import { SqlServerDump } from './dump.js';
import type { Exchange } from './exchange.js';
import { probeExchange } from './exchange-probe.js';
import { restoreFailed, toDumpFailure } from './failure.js';
import { FolderExchange } from './folder-exchange.js';
import { checkBak } from './format.js';
import type { ExchangePartner } from './exchange-names.js';
import { proveRestore, stageRestore } from './restore.js';
import { assertRights } from './rights.js';
import { acceptsDumpsOf, readHealth } from './server-facts.js';
import { abandonRestore, commitRestore } from './swap.js';
import { findNameFault } from './target-name.js';
import { toEndpoint, toServer } from './url.js';

/** How often a server that backs up is asked how far it is. */
const POLL_EVERY_MS = 2000;

interface SqlServerEngineOptions {
  /** The bucket in which this server keeps its backups, as a place to exchange files in; null when it has none. */
  readonly bucket?: Exchange | null;
  readonly pollEveryMs?: number;
}

/** A Microsoft SQL Server. It writes and reads its backup files itself, in a place that it shares with this machine. */
export class SqlServerEngine implements DatabaseEngine {
  readonly schemes = ['sqlserver', 'mssql'];
  readonly isStaged = true;
  readonly provesAlone = false;
  readonly #bucket: Exchange | null;
  readonly #pollEveryMs: number;

  constructor({ bucket = null, pollEveryMs = POLL_EVERY_MS }: SqlServerEngineOptions = {}) {
    this.#bucket = bucket;
    this.#pollEveryMs = pollEveryMs;
  }

  endpointOf(url: string): string {
    return toEndpoint(url);
  }

  async probe(url: string, signal: AbortSignal): Promise<Probe> {
    const partner = this.#toPartner(url);
    await using connection = await SqlServerConnection.open(partner.server, signal);
    const health = await readHealth(connection);
    const states = await readDatabaseStates(connection);
    await assertRights(connection, states);
    await probeExchange(partner, signal);
    return { ...health, url, endpoint: toEndpoint(url), databases: states.map(toDatabase) };
  }

  async checkHealth(url: string, signal: AbortSignal): Promise<Health> {
    await using connection = await SqlServerConnection.open(toServer(url), signal);
    return await readHealth(connection);
  }

  async listDatabases(url: string, signal: AbortSignal): Promise<readonly Database[]> {
    await using connection = await SqlServerConnection.open(toServer(url), signal);
    return (await readDatabaseStates(connection)).map(toDatabase);
  }

  systemParts(present: readonly Database[]): readonly Database[] {
    return present.filter(isKept);
  }

  /** The server does it all itself. */
  async assertTools(): Promise<void> {
    return Promise.resolve();
  }

  async dump(request: DumpRequest): Promise<Dump> {
    let partner: ExchangePartner;
    try {
      partner = this.#toPartner(request.url);
    } catch (error) {
      throw toDumpFailure(error, request.database.name);
    }
    return SqlServerDump.begin({ ...partner, pollEveryMs: this.#pollEveryMs }, request);
  }

  async checkFormat(_format: ArtifactFormat, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    await checkBak(abortable(content, signal));
  }

  acceptsDumpsOf(source: string, target: string): boolean {
    return acceptsDumpsOf(source, target);
  }

  findNameFault(_url: string, name: string): Promise<string | null> {
    return Promise.resolve(findNameFault(name));
  }

  /** The server does it all itself. */
  async assertRestoreTools(): Promise<void> {
    return Promise.resolve();
  }

  async stageRestore(target: RestoreTarget, dump: DumpToLoad): Promise<void> {
    await stageRestore(this.#toPartner(target.url), target, dump);
  }

  async commitRestore(target: RestoreTarget): Promise<boolean> {
    return commitRestore(this.#toPartner(target.url), target);
  }

  async abandonRestore(target: AbandonTarget): Promise<void> {
    await abandonRestore(this.#toPartner(target.url), target);
  }

  async proveRestore(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
    if (scratch.url === null) {
      throw restoreFailed('of the backup', 'there is no SQL Server to load it into.');
    }
    return proveRestore(this.#toPartner(scratch.url), scratch, dump);
  }

  /** @throws DomainError BAD_USER_INPUT */
  #toPartner(url: string): ExchangePartner {
    const server = toServer(url);
    if (server.exchange.kind === 'folder') return { server, exchange: new FolderExchange(server.exchange) };
    if (this.#bucket !== null) return { server, exchange: this.#bucket };
    const sentence =
      "The URL's backupDir=s3 takes a server that keeps its backups in S3 (ARTIFACT_STORE). Name a folder instead.";
    throw badServerUrl('backupDir', sentence);
  }
}

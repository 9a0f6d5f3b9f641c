import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { DumpTool } from '../../artifacts/manifest.js';
import type { DumpContents, TableRows } from '../../domain/backup.js';
import type { Dump, DumpRequest } from '../database-engine.js';
import { SqlServerConnection } from './connection.js';
import { findUnavailableReason, readDatabaseStates } from './database-states.js';
import type { DatabaseState } from './database-states.js';
import { faultsOf } from './errors.js';
import { removeAbandoned } from './exchange-names.js';
import { dumpFailed, toDumpFailure } from './failure.js';
import { HeldFile } from './held-file.js';
import type { ExchangePartner } from './exchange-names.js';
import { StagedBytes } from './staged-bytes.js';
import { toBackupStatement, toVerifyStatement } from './statements.js';
import { readTables } from './tables.js';

/** What the server verifies at the very least, on a slow disk, in bytes a millisecond. */
const VERIFY_BYTES_PER_MS = 4 * 1024;

/** What dumps are made with. */
export interface DumpPlace extends ExchangePartner {
  /** How often the server is asked how far it is. */
  readonly pollEveryMs: number;
}

/** A file that the server has written. */
interface Written {
  readonly held: HeldFile;
  readonly database: string;
  readonly sizeBytes: number;
  /** What it holds; null where that cannot be told. */
  readonly contents: DumpContents | null;
}

/** A backup file that the server has written to the exchange place, being verified by the server while it is read. */
export class SqlServerDump implements Dump {
  readonly format = 'bak';
  readonly isCompressed: boolean;
  readonly tool: DumpTool;
  readonly content: Readable;
  readonly completion: Promise<DumpContents | null>;
  readonly completionAllowanceMs: number;
  readonly #held: HeldFile;
  readonly #stopping: AbortController;

  private constructor(written: Written, content: Readable, stopping: AbortController) {
    const { held, database, sizeBytes } = written;
    const { facts } = held;
    this.isCompressed = facts.compresses;
    this.tool = { name: 'BACKUP DATABASE', version: facts.version };
    this.content = content;
    this.completionAllowanceMs = sizeBytes / VERIFY_BYTES_PER_MS;
    this.completion = verify(written).catch((error: unknown) => {
      throw toDumpFailure(error, database);
    });
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.completion.catch(() => undefined);
    this.#held = held;
    this.#stopping = stopping;
  }

  /** Has the server write the file. */
  static async begin(place: DumpPlace, request: DumpRequest): Promise<SqlServerDump> {
    const { database, signal } = request;
    // The connection ends with the dump, too.
    const stopping = new AbortController();
    let held: HeldFile | null = null;
    try {
      held = await HeldFile.create(place, AbortSignal.any([signal, stopping.signal]));
      await removeAbandoned(held.connection, place);
      const written = await write(place, held, request);
      return new SqlServerDump(written, await held.file.read(signal), stopping);
    } catch (error) {
      await held?.[Symbol.asyncDispose]();
      throw signal.aborted ? error : toDumpFailure(error, database.name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.content.destroy();
    this.#stopping.abort();
    await this.completion.catch(() => undefined);
    await this.#held[Symbol.asyncDispose]();
  }
}

async function write(place: DumpPlace, held: HeldFile, request: DumpRequest): Promise<Written> {
  const { exchange } = place;
  const { connection, facts, file } = held;
  const { name, system } = request.database;
  const { sizeBytes: estimateBytes } = await findDatabase(connection, request);
  const before = system ? null : await findTables(connection, name);
  const staged = new StagedBytes(estimateBytes, request.onStaged);
  const watching = new AbortController();
  const watch = watchPercent(place, { sessionId: await readSessionId(connection), staged, signal: watching.signal });
  try {
    await connection.run(toBackupStatement({ database: name, file, exchange, facts }), (message) => {
      staged.heed(message);
    });
  } finally {
    watching.abort();
    await watch;
  }
  const sizeBytes = await file.findSize();
  if (sizeBytes === null) throw dumpFailed(name, file.missingReason);
  staged.end(sizeBytes);
  const contents = toContents(before, system ? null : await findTables(connection, name));
  return { held, database: name, sizeBytes, contents };
}

/** The server reads the very file that is being stored: all of its pages and their checksums. */
async function verify({ held, contents }: Written): Promise<DumpContents | null> {
  await held.connection.run(toVerifyStatement(held.file));
  return contents;
}

/**
 * The state that a backup holds is one at its end, in which nobody can count. Its tables are known where they were the same
 * before and after.
 */
function toContents(before: readonly TableRows[] | null, after: readonly TableRows[] | null): DumpContents | null {
  const names = (tables: readonly TableRows[]): string => JSON.stringify(tables.map(({ name }) => name));
  if (before === null || after === null || names(before) !== names(after)) return null;
  return { tables: after.map(({ name }) => ({ name, rows: null })), attributes: null };
}

/** Null when the server does not tell, as while somebody changes tables: it backs the database up all the same. */
async function findTables(connection: SqlServerConnection, database: string): Promise<readonly TableRows[] | null> {
  return readTables(connection, database).catch((error: unknown) => {
    if (faultsOf(error).length === 0) throw error;
    return null;
  });
}

async function findDatabase(connection: SqlServerConnection, { database }: DumpRequest): Promise<DatabaseState> {
  const state = (await readDatabaseStates(connection)).find(({ name }) => name === database.name);
  if (state === undefined) throw dumpFailed(database.name, 'it is no longer there. It was dropped or renamed.');
  const reason = findUnavailableReason(state);
  if (reason !== null) throw dumpFailed(database.name, reason);
  return state;
}

async function readSessionId(connection: SqlServerConnection): Promise<number> {
  const [row] = await connection.rows<{ sessionId: number }>('SELECT CONVERT(int, @@SPID) AS sessionId');
  return row?.sessionId ?? 0;
}

interface PercentWatch {
  readonly sessionId: number;
  readonly staged: StagedBytes;
  readonly signal: AbortSignal;
}

/** Asks the server beside the backup how far it is: its own messages come every few per cent alone. */
async function watchPercent(
  { server, pollEveryMs }: DumpPlace,
  { sessionId, staged, signal }: PercentWatch,
): Promise<void> {
  try {
    await delay(pollEveryMs, undefined, { signal });
    await using connection = await SqlServerConnection.open(server, signal);
    for (;;) {
      const [row] = await connection.rows<{ percent: number }>(
        "SELECT CONVERT(float, percent_complete) AS [percent] FROM sys.dm_exec_requests WHERE session_id = @sessionId AND command LIKE N'BACKUP%'",
        { sessionId },
      );
      if (row === undefined) return;
      staged.at(row.percent);
      await delay(pollEveryMs, undefined, { signal });
    }
  } catch {
    // The backup itself tells what is wrong.
  }
}

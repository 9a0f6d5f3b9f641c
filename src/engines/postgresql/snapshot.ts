import type { DumpContents } from '../../domain/backup.js';
import { within } from '../within.js';
import { readAttributes } from './attributes.js';
import type { DatabaseAttributes } from './attributes.js';
import { PostgresqlConnection } from './connection.js';
import { serverStateOf } from './errors.js';
import { COUNTING_SAVEPOINT, countPastRows, listTables } from './tables.js';
import type { CountedTable } from './tables.js';
import type { PostgresqlServer } from './url.js';

/** How long counting may go on once pg_dump has ended. */
export const COUNTING_TIMEOUT_MS = 300_000;

/** Nobody is to wait for a count, and no count for anybody. */
const SETTINGS = {
  lock_timeout: '2s',
  idle_in_transaction_session_timeout: '0',
  transaction_timeout: '0',
  max_parallel_workers_per_gather: '0',
  jit: 'off',
  row_security: 'off',
};

interface Survey {
  readonly id: string | null;
  readonly tables: readonly CountedTable[];
  readonly attributes: DatabaseAttributes;
}

/**
 * The state of a database that pg_dump is to dump, held by a transaction of our own, so that its rows can be counted beside
 * the dump. A count never hurts: one that fails is null.
 */
export class DumpSnapshot {
  readonly #connection: PostgresqlConnection;
  readonly #closed: AbortController;
  readonly #survey: Survey;
  readonly #rows = new Map<string, number | null>();
  #counting: Promise<void> = Promise.resolve();

  private constructor(connection: PostgresqlConnection, closed: AbortController, survey: Survey) {
    this.#connection = connection;
    this.#closed = closed;
    this.#survey = survey;
  }

  /** @param server with the database that is dumped @throws EngineUnreachableError */
  static async open(server: PostgresqlServer, signal: AbortSignal): Promise<DumpSnapshot> {
    const closed = new AbortController();
    const connection = await PostgresqlConnection.openForLongWork(server, AbortSignal.any([signal, closed.signal]));
    try {
      await connection.set(SETTINGS);
      await connection.rows('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const id = await exportSnapshot(connection);
      const tables = await listTables(connection);
      const attributes = await readAttributes(connection);
      return new DumpSnapshot(connection, closed, { id, tables, attributes });
    } catch (error) {
      closed.abort();
      throw error;
    }
  }

  /** What pg_dump takes with `--snapshot`; null where the server gives none: then rows are not counted. */
  get id(): string | null {
    return this.#survey.id;
  }

  /** Call it when pg_dump has all its locks: of a table that is emptied before, this state shows no rows. */
  beginToCount(): void {
    if (this.id === null) return;
    // A connection that is lost loses the rest of the counts, and nothing else.
    this.#counting = this.#count().catch(() => undefined);
  }

  /** Call it when pg_dump has ended well. Closes the connection. */
  async readContents(): Promise<DumpContents> {
    const { signal } = this.#closed;
    const toTimeout = (): Error => new Error('the rows could not be counted in time');
    const isCounted = await within(this.#counting, { timeoutMs: COUNTING_TIMEOUT_MS, signal, toTimeout }).then(
      () => true,
      () => false,
    );
    if (isCounted) await this.#connection[Symbol.asyncDispose]();
    this.close();
    const { tables, attributes } = this.#survey;
    return {
      tables: tables.map(({ name }) => ({ name, rows: this.#rows.get(name) ?? null })),
      attributes: { ...attributes },
    };
  }

  close(): void {
    this.#closed.abort();
  }

  async #count(): Promise<void> {
    await this.#connection.rows(`SAVEPOINT ${COUNTING_SAVEPOINT}`);
    for (const table of this.#survey.tables) {
      this.#rows.set(table.name, await countPastRows(this.#connection, table));
    }
  }
}

/** A server that follows another of an old version, or a pooler between, gives none. */
async function exportSnapshot(connection: PostgresqlConnection): Promise<string | null> {
  try {
    const [row] = await connection.rows<{ id: string }>('SELECT pg_export_snapshot() AS id');
    return row?.id ?? null;
  } catch (error) {
    if (serverStateOf(error) === null) throw error;
    await connection.rows('ROLLBACK');
    return null;
  }
}

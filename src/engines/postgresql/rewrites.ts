import { Transform } from 'node:stream';
import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { toDumpFailure } from '../server-errors.js';
import { PostgresqlConnection } from './connection.js';
import { toSentence } from './failure.js';
import type { PostgresqlServer } from './url.js';

/** Tables that a failure names. */
const NAMED_TABLES = 5;
/** Below it are the server's own (FirstNormalObjectId). */
const FIRST_USER_OID = 16_384;

/** Materialized views are not among them: a dump holds no rows of theirs. */
const TABLES = `
  SELECT c.oid, c.relfilenode AS file, n.nspname AS schema, c.relname AS name
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.oid >= ${FIRST_USER_OID.toString()}`;

const TABLES_AS_JSON = `SELECT coalesce(json_agg(t), '[]')::text AS tables FROM (${TABLES}) AS t`;

/**
 * Another table may have taken the name, by which pg_dump locks and reads. A table that is new has its oid for the number
 * of its file, until it is rewritten.
 */
const REWRITTEN = `
  WITH now AS (${TABLES}),
       before AS (SELECT * FROM json_to_recordset($1::json) AS t (oid oid, file oid, schema name, name name))
  SELECT now.oid::regclass::text AS name
  FROM now
  LEFT JOIN before AS same ON same.oid = now.oid
  LEFT JOIN before AS namesake ON namesake.schema = now.schema AND namesake.name = now.name
  WHERE now.file <> coalesce(same.file, now.oid) OR namesake.oid <> now.oid
  ORDER BY 1 LIMIT ${(NAMED_TABLES + 1).toString()}`;

/**
 * Finds tables that were emptied, rewritten or replaced (TRUNCATE, ALTER TABLE, DROP) as their dump began. pg_dump takes its snapshot
 * first and its locks afterwards; of what is rewritten between the two its snapshot shows no rows ("Caveats" of MVCC in
 * PostgreSQL's manual), and it ends well. It has all its locks once it writes its first byte, and no table can be
 * rewritten until it ends: the files of the tables are compared from before it runs to then.
 */
export class RewriteWatch {
  /** What the output of pg_dump has to pass through. Its first bytes wait for the comparison. */
  readonly filter: Transform;
  #onLocked: () => void = () => undefined;
  readonly #server: PostgresqlServer;
  readonly #before: string;
  readonly #closed = new AbortController();
  #comparison: Promise<Error | null> = Promise.resolve(null);
  #fault: Error | null = null;

  private constructor(server: PostgresqlServer, before: string) {
    this.#server = server;
    this.#before = before;
    let hasBegun = false;
    this.filter = new Transform({
      transform: (chunk: Buffer, _encoding, done): void => {
        if (hasBegun) {
          done(null, chunk);
          return;
        }
        hasBegun = true;
        this.#comparison = this.#compare();
        void this.#comparison.then((fault) => {
          done(fault, chunk);
        });
      },
      destroy: (error, done): void => {
        this.#closed.abort();
        done(error);
      },
    });
  }

  /** Call it before pg_dump runs. @param server with the database that is dumped @throws EngineUnreachableError */
  static async start(server: PostgresqlServer, signal: AbortSignal): Promise<RewriteWatch> {
    await using connection = await PostgresqlConnection.open(server, signal);
    const [row] = await connection.rows<{ tables: string }>(TABLES_AS_JSON);
    return new RewriteWatch(server, row?.tables ?? '[]');
  }

  /** Calls back once pg_dump has all its locks, and none of its tables was rewritten before. */
  onLocked(begin: () => void): void {
    this.#onLocked = begin;
  }

  /** What was found so far: it is why pg_dump was stopped. */
  get fault(): Error | null {
    return this.#fault;
  }

  /** Call it when pg_dump has ended well. @throws BackupFailedError when a table was rewritten, or nobody can tell */
  async assertNone(): Promise<void> {
    const fault = await this.#comparison;
    if (fault !== null) throw fault;
  }

  async #compare(): Promise<Error | null> {
    const { database } = this.#server;
    try {
      await using connection = await PostgresqlConnection.open(this.#server, this.#closed.signal);
      // There may be a hundred thousand tables, and the server takes the list for a short one.
      await connection.rows('SET enable_nestloop = off');
      const rows = await connection.rows<{ name: string }>(REWRITTEN, [this.#before]);
      if (rows.length > 0)
        this.#fault = rewritten(
          database,
          rows.map(({ name }) => name),
        );
    } catch (error) {
      this.#fault = toDumpFailure(error, database) as Error;
    }
    if (this.#fault === null) this.#onLocked();
    return this.#fault;
  }
}

function rewritten(database: string, tables: readonly string[]): BackupFailedError {
  const named = tables.slice(0, NAMED_TABLES).join(', ');
  const what =
    tables.length === 1
      ? `its table ${named} was`
      : `its tables ${named}${tables.length > NAMED_TABLES ? ' and more' : ''} were`;
  const reason = `${what} emptied or rewritten just as the dump began. Take the backup again.`;
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, toSentence(database, reason));
}

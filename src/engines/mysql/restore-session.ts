import { Engine } from '../../domain/instance.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { Product } from '../database-engine.js';
import { toReplacedName, toStagedName } from '../staging-name.js';
import type { RestoreWaits, Staging } from './client-call.js';
import { MysqlConnection } from './connection.js';
import { readProduct } from './probe.js';
import { quoteName } from './quote.js';
import { asUnknown } from './restore-failure.js';

/** How long one question for the lock waits. */
const ATTEMPT_SECONDS = 5;
/** How long a question may take beyond the locks that it waits for. */
const QUERY_TIMEOUT_MS = 60_000;

/** A connection that works on what one restore puts beside, alone. */
export class RestoreSession implements AsyncDisposable {
  readonly connection: MysqlConnection;
  readonly product: Product;
  /** Whether names of databases are the same in upper and lower case (lower_case_table_names). */
  readonly ignoresCase: boolean;
  readonly staged: string;
  readonly replaced: string;
  readonly #waits: RestoreWaits;

  private constructor(connection: MysqlConnection, product: Product, { ignoresCase, stagingId, waits }: SessionParts) {
    this.connection = connection;
    this.product = product;
    this.ignoresCase = ignoresCase;
    this.staged = toStagedName(stagingId);
    this.replaced = toReplacedName(stagingId);
    this.#waits = waits;
  }

  /** @throws EngineUnreachableError, also when another session does not end */
  static async open(staging: SessionOrder): Promise<RestoreSession> {
    return asUnknown(staging.signal, async () => RestoreSession.#open(staging));
  }

  static async #open({ target, stagingId, signal, waits }: SessionOrder): Promise<RestoreSession> {
    const timeoutMs = QUERY_TIMEOUT_MS + waits.locks * 1000;
    // The database in the URL may be the one that is not there.
    const connection = await MysqlConnection.open({ ...target, database: null }, signal, timeoutMs);
    try {
      const product = await readProduct(connection);
      const [row] = await connection.query<{ ignoresCase: number }>(
        'SELECT @@global.lower_case_table_names <> 0 AS ignoresCase',
      );
      const session = new RestoreSession(connection, product, {
        ignoresCase: row?.ignoresCase === 1,
        stagingId,
        waits,
      });
      await session.#begin();
      return session;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Names of those there are, of whatever kind. */
  async hasDatabase(name: string): Promise<boolean> {
    const rows = await this.connection.query<{ name: string }>(
      'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA',
    );
    return rows.some((row) => this.isSame(row.name, name));
  }

  isSame(a: string, b: string): boolean {
    return this.ignoresCase ? a.toLowerCase() === b.toLowerCase() : a === b;
  }

  /** Tables and sequences, but no views; none where there is no such database. */
  async listTables(database: string): Promise<readonly string[]> {
    return (await this.listNames(database)).filter(({ isView }) => !isView).map(({ name }) => name);
  }

  async listNames(database: string): Promise<readonly NamedTable[]> {
    if (!(await this.hasDatabase(database))) return [];
    const rows = await this.connection.query<Readonly<Record<string, string>>>(
      `SHOW FULL TABLES FROM ${quoteName(database)}`,
    );
    return rows.map((row) => {
      const [name = '', type = ''] = Object.values(row);
      return { name, isView: type.includes('VIEW') };
    });
  }

  /** Ends what a process that has died may have left loading: its client program reads on what it was given. */
  async endLoading(): Promise<void> {
    const threads = await this.connection.query<{ Id: number; db: string | null }>('SHOW PROCESSLIST');
    for (const { Id, db } of threads) {
      // It may have ended by itself.
      if (db === this.staged) await this.connection.query(`KILL ${Id.toString()}`).catch(() => undefined);
    }
  }

  /** Takes back what a script may have left set, or half done. */
  async reset(): Promise<void> {
    const { engine } = this.product;
    await this.connection.query('ROLLBACK');
    await this.connection.query(
      `SET NAMES utf8mb4, SESSION sql_mode = '', SESSION time_zone = DEFAULT, SESSION foreign_key_checks = 0, SESSION unique_checks = 1, SESSION autocommit = 1, SESSION lock_wait_timeout = ${this.#waits.locks.toString()}, SESSION innodb_lock_wait_timeout = ${this.#waits.locks.toString()}`,
    );
    if (engine === Engine.MARIADB) await this.connection.query('SET SESSION max_statement_time = 0');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.connection[Symbol.asyncDispose]();
  }

  /** The lock is the session's: it goes when the server has seen its end, and not before its last statement has ended. */
  async #begin(): Promise<void> {
    await this.reset();
    const { owner } = this.#waits;
    const attempt = Math.min(ATTEMPT_SECONDS, owner);
    for (let waited = 0; waited < owner; waited += attempt) {
      const [row] = await this.connection.query<{ isMine: number | null }>(
        `SELECT GET_LOCK(?, ${attempt.toString()}) AS isMine`,
        [this.staged],
      );
      if (row?.isMine === 1) return;
    }
    throw new EngineUnreachableError(
      'another session still works on the same restore. Wait for its end, then try again.',
    );
  }
}

type SessionOrder = Pick<Staging, 'target' | 'stagingId' | 'signal' | 'waits'>;

interface SessionParts extends Pick<Staging, 'stagingId' | 'waits'> {
  readonly ignoresCase: boolean;
}

interface NamedTable {
  readonly name: string;
  readonly isView: boolean;
}

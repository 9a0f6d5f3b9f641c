import { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { Client } from 'pg';
import { NoAnswerError } from '../server-errors.js';
import { within } from '../within.js';
import { isWorthAnotherWay, serverStateOf, tellsMore, toUnreachable } from './errors.js';
import { toWays } from './tls.js';
import type { PostgresqlServer } from './url.js';

/** As the server's administrator sees it in pg_stat_activity. */
export const APPLICATION_NAME = 'rds-backup-server';
/** How long one attempt to connect may take. */
const CONNECT_TIMEOUT_MS = 5000;
/** An end that has vanished is noticed a minute after this, also where no limit of time says so. */
const KEEPALIVE_DELAY_MS = 30_000;
/** How soon the server itself ends a statement whose client has gone. */
const CHECK_CLIENT_EVERY = '2s';
/** How long the server may take to say goodbye. */
const END_TIMEOUT_MS = 1000;

/** How long the statements of a connection may take. */
interface Pace {
  /** After this the server itself gives a statement up; 0 = never. */
  readonly statementTimeoutMs: number;
  /** After this a server counts as lost that has not even given the statement up; null = never. */
  readonly answerTimeoutMs: number | null;
}

const QUESTIONS: Pace = { statementTimeoutMs: 8000, answerTimeoutMs: 10_000 };
/** For statements that take as long as the database is large. */
const LONG_WORK: Pace = { statementTimeoutMs: 0, answerTimeoutMs: null };

/** A connection of our own to one database of a server. Questions are asked one after the other. */
export class PostgresqlConnection implements AsyncDisposable {
  readonly #client: Client;
  readonly #socket = new Socket();
  readonly #signal: AbortSignal;
  #answerTimeoutMs = QUESTIONS.answerTimeoutMs;
  readonly #abort = (): void => {
    this.#socket.destroy();
  };

  private constructor(server: PostgresqlServer, ssl: ConnectionOptions | false, signal: AbortSignal) {
    this.#signal = signal;
    this.#client = new Client({
      host: server.host,
      port: server.port,
      user: server.user,
      database: server.database,
      // As a function: an empty one would have the library look for another in the environment and in files.
      password: () => server.password ?? '',
      ssl,
      sslnegotiation: 'postgres',
      stream: () => this.#socket,
      application_name: APPLICATION_NAME,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
    });
    // Whoever asks gets the error; a connection that is lost while nobody does must not end the process.
    this.#client.on('error', () => undefined);
    this.#socket.on('error', () => undefined);
    signal.addEventListener('abort', this.#abort, { once: true });
  }

  /**
   * @param signal ends the connection, too, for as long as it is open
   * @throws EngineUnreachableError
   */
  static async open(server: PostgresqlServer, signal: AbortSignal): Promise<PostgresqlConnection> {
    try {
      signal.throwIfAborted();
      const [preferred = false, other] = await toWays(server);
      return await PostgresqlConnection.#connect(server, preferred, signal).catch(async (first: unknown) => {
        if (other === undefined || !isWorthAnotherWay(first)) throw first;
        return PostgresqlConnection.#connect(server, other, signal).catch((second: unknown) => {
          throw tellsMore(first, second);
        });
      });
    } catch (error) {
      signal.throwIfAborted();
      throw toUnreachable(error);
    }
  }

  static async #connect(
    server: PostgresqlServer,
    ssl: ConnectionOptions | false,
    signal: AbortSignal,
  ): Promise<PostgresqlConnection> {
    signal.throwIfAborted();
    const connection = new PostgresqlConnection(server, ssl, signal);
    try {
      await connection.#within(CONNECT_TIMEOUT_MS, connection.#client.connect());
      await connection.#setPace(QUESTIONS);
      return connection;
    } catch (error) {
      connection.#close();
      throw error;
    }
  }

  /**
   * One for statements that take long. The server ends them when it notices that this end has gone.
   * @throws as `open` does
   */
  static async openForLongWork(server: PostgresqlServer, signal: AbortSignal): Promise<PostgresqlConnection> {
    const connection = await PostgresqlConnection.open(server, signal);
    try {
      await connection.#setPace(LONG_WORK);
      // It came with version 14, and not to every system: where it cannot be set, statements run to their end.
      await connection.set({ client_connection_check_interval: CHECK_CLIENT_EVERY }).catch((error: unknown) => {
        if (serverStateOf(error) === null) throw error;
      });
      return connection;
    } catch (error) {
      connection.#close();
      throw error;
    }
  }

  /** Sets what this server knows of the settings, and passes over the rest. @throws EngineUnreachableError */
  async set(settings: Readonly<Record<string, string>>): Promise<void> {
    await this.rows(
      `SELECT set_config(name, value, false) FROM json_each_text($1::json) AS wanted (name, value)
       WHERE name IN (SELECT name FROM pg_catalog.pg_settings)`,
      [JSON.stringify(settings)],
    );
  }

  /** @throws EngineUnreachableError */
  async rows<Row extends object>(sql: string, values: readonly string[] = []): Promise<readonly Row[]> {
    try {
      return (await this.#within(this.#answerTimeoutMs, this.#client.query<Row>(sql, [...values]))).rows;
    } catch (error) {
      this.#signal.throwIfAborted();
      throw toUnreachable(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#within(END_TIMEOUT_MS, this.#client.end()).catch(() => undefined);
    this.#close();
  }

  async #setPace({ statementTimeoutMs, answerTimeoutMs }: Pace): Promise<void> {
    await this.rows(`SET statement_timeout = ${statementTimeoutMs.toString()}`);
    this.#answerTimeoutMs = answerTimeoutMs;
  }

  #close(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    this.#socket.destroy();
  }

  /** The library does not always tell when its socket has gone, so time and the signal are watched beside it. */
  async #within<T>(timeoutMs: number | null, work: Promise<T>): Promise<T> {
    const toTimeout = (): Error => new NoAnswerError(this.#socket.bytesRead > 0 || !this.#socket.pending);
    return within(work, { timeoutMs, signal: this.#signal, toTimeout });
  }
}

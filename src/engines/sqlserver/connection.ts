import type { Connection, ConnectionConfiguration, Request } from 'tedious';
import { NoAnswerError } from '../server-errors.js';
import { within } from '../within.js';
import { CONNECT_TIMEOUT_MS, Guard, toConfig } from './client-config.js';
import { toUnreachable } from './errors.js';
import type { SqlServer } from './url.js';

/** After this a question is given up. */
const ANSWER_TIMEOUT_MS = 8000;
/** After this a server counts as lost that has not even given a question up. */
const GIVE_UP_TIMEOUT_MS = 10_000;

/** What the server says beside its results, as the progress of a backup. */
export interface ServerMessage {
  /** Of sys.messages. */
  readonly number: number;
  readonly message: string;
}

export type Parameters = Readonly<Record<string, string | number>>;

/** Rows as the library gives them with `useColumnNames`. */
type LibraryRow = Readonly<Record<string, { readonly value: unknown }>>;

/** A connection of our own to a server. Statements are run one after the other. */
export class SqlServerConnection implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #library: Library;
  readonly #signal: AbortSignal;
  #onMessage: (message: ServerMessage) => void = () => undefined;
  /** Why the server does not let the login in: the library's own error does not tell the number. */
  #refusal: ServerMessage | null = null;

  private constructor(library: Library, config: ConnectionConfiguration, signal: AbortSignal) {
    this.#library = library;
    this.#signal = signal;
    this.#connection = new library.Connection(config);
    // Whoever asks gets the error; a connection that is lost while nobody does must not end the process.
    this.#connection.on('error', () => undefined);
    this.#connection.on('infoMessage', ({ number, message }) => {
      this.#onMessage({ number, message });
    });
    this.#connection.on('errorMessage', ({ number, message }) => {
      this.#refusal ??= { number, message };
    });
  }

  /**
   * @param signal ends what is asked, too, for as long as the connection is open
   * @throws EngineUnreachableError
   */
  static async open(server: SqlServer, signal: AbortSignal): Promise<SqlServerConnection> {
    signal.throwIfAborted();
    const guard = new Guard(server);
    const connection = new SqlServerConnection(await loadLibrary(), await toConfig(server, guard), signal);
    try {
      await connection.#connect();
      return connection;
    } catch (error) {
      connection.#close();
      signal.throwIfAborted();
      throw toUnreachable(
        guard.refusal ?? (isTimeout(error) ? new NoAnswerError(false) : connection.#withNumber(error)),
      );
    }
  }

  /** Asks something that is soon answered. Parameters go beside the text. @throws EngineUnreachableError */
  async rows<Row extends object>(sql: string, parameters: Parameters = {}): Promise<readonly Row[]> {
    const found = await this.#request(sql, ANSWER_TIMEOUT_MS, (request) => {
      for (const [name, value] of Object.entries(parameters)) {
        const { NVarChar, Int } = this.#library.TYPES;
        request.addParameter(name, typeof value === 'number' ? Int : NVarChar, value);
      }
      this.#connection.execSql(request);
    });
    return found as readonly Row[];
  }

  /**
   * Runs statements that may take as long as the database is large, and returns the rows of their results. Given up by
   * the signal, the server is told to stop them.
   * @throws EngineUnreachableError
   */
  async run<Row extends object>(
    sql: string,
    onMessage: (message: ServerMessage) => void = () => undefined,
  ): Promise<readonly Row[]> {
    this.#onMessage = onMessage;
    try {
      const found = await this.#request(sql, 0, (request) => {
        this.#connection.execSqlBatch(request);
      });
      return found as readonly Row[];
    } finally {
      this.#onMessage = (): void => undefined;
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    return Promise.resolve();
  }

  async #connect(): Promise<void> {
    const connecting = new Promise<void>((resolve, reject) => {
      this.#connection.connect((error) => {
        if (error === undefined) resolve();
        else reject(error);
      });
    });
    await within(connecting, {
      timeoutMs: CONNECT_TIMEOUT_MS,
      signal: this.#signal,
      toTimeout: () => new NoAnswerError(false),
    });
  }

  async #request(sql: string, timeoutMs: number, send: (request: Request) => void): Promise<readonly object[]> {
    this.#signal.throwIfAborted();
    let cancel = (): void => undefined;
    try {
      const answering = new Promise<readonly object[]>((resolve, reject) => {
        const request = new this.#library.Request(sql, (error, _count, rows: readonly LibraryRow[] = []) => {
          if (error === null || error === undefined) resolve(rows.map(toRow));
          else reject(error);
        });
        request.setTimeout(timeoutMs);
        cancel = (): void => {
          request.cancel();
        };
        this.#signal.addEventListener('abort', cancel, { once: true });
        send(request);
      });
      return await within(answering, {
        // The library ends the wait of a cancelled request, too, and only then is the server known to have stopped.
        timeoutMs: timeoutMs === 0 ? null : GIVE_UP_TIMEOUT_MS,
        signal: new AbortController().signal,
        toTimeout: () => new NoAnswerError(true),
      });
    } catch (error) {
      this.#signal.throwIfAborted();
      throw toUnreachable(isTimeout(error) ? new NoAnswerError(true) : error);
    } finally {
      this.#signal.removeEventListener('abort', cancel);
    }
  }

  #withNumber(error: unknown): unknown {
    if (this.#refusal === null) return error;
    const { number, message } = this.#refusal;
    return Object.assign(new Error(message, { cause: error }), { number });
  }

  #close(): void {
    this.#connection.close();
  }
}

type Library = typeof import('tedious');

/** It loads much, so only a server that has SQL Servers to look after does. */
async function loadLibrary(): Promise<Library> {
  return import('tedious');
}

/** The library's own limits of time. */
function isTimeout(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ETIMEOUT';
}

function toRow(row: LibraryRow): object {
  return Object.fromEntries(Object.entries(row).map(([name, { value }]) => [name, value]));
}

import { once } from 'node:events';
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { createConnection } from 'mysql2';
import type { Connection, SslOptions } from 'mysql2';
import { NoAnswerError } from '../server-errors.js';
import { within } from '../within.js';
import { isTlsRefusal, serverErrorOf } from './errors.js';
import { toTls } from './tls.js';
import type { MysqlTarget } from './url.js';

/** How long to wait for a connection that is ready to be asked. */
const CONNECT_TIMEOUT_MS = 5000;
/** How long a question may take, if nothing else is said. */
const QUERY_TIMEOUT_MS = 8000;
/** The longest that a timer knows, some 24 days. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;
/** How long a server may take to see its client off. */
const CLOSE_TIMEOUT_MS = 1000;

/** A short connection of our own. It is cut when its signal is aborted, or an answer is not in time. */
export class MysqlConnection implements AsyncDisposable {
  /** Whether what passes is encrypted. */
  readonly isEncrypted: boolean;
  readonly #link: Link;
  readonly #signal: AbortSignal;
  readonly #queryTimeoutMs: number;

  private constructor({ link, isEncrypted, queryTimeoutMs }: Opened, signal: AbortSignal) {
    this.#link = link;
    this.isEncrypted = isEncrypted;
    this.#queryTimeoutMs = queryTimeoutMs;
    this.#signal = signal;
  }

  /** @param queryTimeoutMs how long a question may take */
  static async open(
    target: MysqlTarget,
    signal: AbortSignal,
    queryTimeoutMs = QUERY_TIMEOUT_MS,
  ): Promise<MysqlConnection> {
    signal.throwIfAborted();
    const connection = new MysqlConnection({ ...(await openInMode(target, signal)), queryTimeoutMs }, signal);
    try {
      // A site's own modes change how names are quoted, and whether a backslash escapes.
      await connection.query("SET NAMES utf8mb4, SESSION sql_mode = ''");
      return connection;
    } catch (error) {
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** @param values one for each question mark in the statement */
  async query<Row>(sql: string, values: readonly string[] = []): Promise<readonly Row[]> {
    return this.#ask<Row>(toBytes(sql), values, this.#queryTimeoutMs);
  }

  /** A statement that may wait, or have much to do. As bytes it goes out as it is, whatever their character set. */
  async run<Row>(statement: string | Buffer): Promise<readonly Row[]> {
    const bytes = typeof statement === 'string' ? toBytes(statement) : statement.toString('latin1');
    return this.#ask<Row>(bytes, [], NO_TIMEOUT_MS);
  }

  async #ask<Row>(sql: string, values: readonly string[], timeoutMs: number): Promise<readonly Row[]> {
    const answer = new Promise<Row[]>((resolve, reject) => {
      this.#link.connection.query({ sql, values: values.map(toBytes) }, (error, rows) => {
        if (error === null) resolve(rows as Row[]);
        else reject(error);
      });
    });
    return inTime(answer, { link: this.#link, signal: this.#signal, timeoutMs });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { connection, socket } = this.#link;
    if (socket.destroyed) return;
    const closed = once(socket, 'close', { signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) });
    connection.end(() => socket.destroy());
    await closed.catch(() => socket.destroy());
  }
}

interface Link {
  readonly connection: Connection;
  /** Ours, because the library's own ways to close wait for the other side. */
  readonly socket: Socket;
}

interface Opened {
  readonly link: Link;
  readonly isEncrypted: boolean;
  readonly queryTimeoutMs: number;
}

/** What the library sends as it is, a byte for each character: it is told that it knows no character set. */
function toBytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

async function openInMode(target: MysqlTarget, signal: AbortSignal): Promise<Omit<Opened, 'queryTimeoutMs'>> {
  // What goes through a Unix socket does not leave the machine.
  const isPlain = target.sslMode === 'DISABLED' || (target.sslMode === 'PREFERRED' && target.socket !== null);
  if (!isPlain) {
    try {
      return { link: await connectOnce(target, { ssl: await toTls(target), signal }), isEncrypted: true };
    } catch (error) {
      if (target.sslMode !== 'PREFERRED' || !isTlsRefusal(error)) throw error;
    }
  }
  return { link: await connectOnce(target, { signal }), isEncrypted: false };
}

interface Way {
  readonly ssl?: SslOptions;
  readonly signal: AbortSignal;
}

async function connectOnce(target: MysqlTarget, { ssl, signal }: Way): Promise<Link> {
  const socket = target.socket === null ? connect(target.port, target.host) : connect(target.socket);
  const connection = createConnection({
    stream: () => socket,
    host: toCheckedHost(target.host),
    user: toBytes(target.user),
    ...(target.password !== null && { password: target.password }),
    ...(target.database !== null && { database: toBytes(target.database) }),
    ...(ssl !== undefined && { ssl }),
    charset: 'BINARY',
    // With it the library would follow a statement that sets the character set.
    flags: ['-SESSION_TRACK'],
    connectTimeout: 0,
  });
  const link = { connection, socket };
  const ready = new Promise<Link>((resolve, reject) => {
    connection.once('connect', () => {
      resolve(link);
    });
    // Listened to for good: an error that comes while nothing is asked would end the process.
    connection.on('error', reject);
  });
  return inTime(ready, { link, signal, timeoutMs: CONNECT_TIMEOUT_MS });
}

/**
 * The library checks a certificate against "localhost" where the host is an address. With the dot of a full name it
 * takes the address for a name; Node then checks it as the address that it is.
 */
function toCheckedHost(host: string): string {
  return isIP(host) === 0 ? host : `${host}.`;
}

interface Bounds {
  readonly link: Link;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

/** Waits no longer than the bounds allow. An error that is not about a statement alone cuts the connection. */
async function inTime<T>(work: Promise<T>, { link: { socket }, signal, timeoutMs }: Bounds): Promise<T> {
  const toTimeout = (): Error => new NoAnswerError(socket.readyState === 'open');
  try {
    return await within(work, { timeoutMs, signal, toTimeout });
  } catch (error) {
    if (serverErrorOf(error) === null) socket.destroy();
    throw error;
  }
}

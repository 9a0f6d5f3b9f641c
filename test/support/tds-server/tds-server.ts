import { once } from 'node:events';
import { createServer } from 'node:net';
import { TdsConnection } from './tds-connection.js';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { Session, TdsServerOptions } from './handler.js';

export type { Column, Login, Reply, ServerMessage, Session, Statement, TdsServerOptions, Value } from './handler.js';

/** Ids up to 50 are the server's own. */
const FIRST_SESSION_ID = 51;

/**
 * A peer of tests that speaks TDS 7.4 as a SQL Server does. It knows the protocol alone: what it answers is up to the
 * handler of its statements.
 */
export class TdsServer implements AsyncDisposable {
  readonly port: number;
  readonly #server: Server;
  readonly #options: TdsServerOptions;
  readonly #connections = new Map<Socket, TdsConnection | null>();
  #nextId = FIRST_SESSION_ID;

  private constructor(server: Server, options: TdsServerOptions) {
    this.#server = server;
    this.#options = options;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => {
      this.#accept(socket);
    });
  }

  /** On a free port of 127.0.0.1. */
  static async start(options: TdsServerOptions): Promise<TdsServer> {
    if ((options.encryption ?? 'off') !== 'off' && options.certificate === undefined) {
      throw new Error('Encryption needs a certificate');
    }
    const server = createServer({ noDelay: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TdsServer(server, options);
  }

  /** Those that are logged in now. */
  get sessions(): readonly Session[] {
    return [...this.#connections.values()].flatMap((connection) => connection?.session ?? []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#connections.keys()) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(socket: Socket): void {
    socket.on('close', () => this.#connections.delete(socket));
    if (this.#options.isSilent === true) {
      // What the client says, and how it leaves, goes unheard.
      socket.on('error', () => socket.destroy()).resume();
      this.#connections.set(socket, null);
      return;
    }
    this.#connections.set(socket, new TdsConnection(this.#nextId++, socket, this.#options));
  }
}

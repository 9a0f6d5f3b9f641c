import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { Transform } from 'node:stream';
import { Gate } from './gate.js';

/** A connection that waits at the proxy. */
export interface HeldConnection {
  letThrough(): Promise<void>;
  /** Resolves once the client has closed it. */
  readonly closed: Promise<unknown>;
}

/** What befalls one connection of a proxy. */
export class Stall {
  readonly bytes: number;
  readonly #begun = new Gate<void>();
  readonly letGo = new Gate<void>();
  #isBegun = false;

  constructor(bytes: number) {
    this.bytes = bytes;
  }

  /** Resolves once a connection hangs. */
  get reached(): Promise<void> {
    return this.#begun.opened;
  }

  release(): void {
    this.letGo.open();
  }

  /** False for every connection but the first. */
  begin(): boolean {
    if (this.#isBegun) return false;
    this.#isBegun = true;
    this.#begun.open();
    return true;
  }
}

/** Stands between a client and a server of a test, to break and to delay connections. */
export class TcpProxy implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  #hold: Gate<HeldConnection> | null = null;
  #stall: Stall | null = null;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
    const url = new URL(target);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = url.href;
    server.on('connection', (socket) => {
      void this.#accept(socket);
    });
  }

  static async start(targetUrl: string): Promise<TcpProxy> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, new URL(targetUrl));
  }

  /** The next connection waits until it is let through. */
  async holdNext(): Promise<HeldConnection> {
    this.#hold = new Gate();
    return this.#hold.opened;
  }

  /**
   * From now on the first connection over which so much has come from the server gets nothing more, until it is let go or
   * broken: a network that is cut without a word.
   */
  stallAfter(bytes: number): Stall {
    this.#stall = new Stall(bytes);
    return this.#stall;
  }

  breakAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.breakAll();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #accept(socket: Socket): Promise<void> {
    this.#track(socket);
    const hold = this.#hold;
    this.#hold = null;
    if (hold === null) {
      await this.#forward(socket);
      return;
    }
    const closed = once(socket, 'close');
    hold.open({ closed, letThrough: () => this.#forward(socket) });
  }

  async #forward(socket: Socket): Promise<void> {
    const upstream = connect(Number(this.#target.port || '5432'), this.#target.hostname);
    this.#track(upstream);
    upstream.on('error', () => socket.destroy());
    const isConnected = await once(upstream, 'connect').then(
      () => true,
      () => false,
    );
    if (!isConnected) return;
    let received = 0;
    const meter = new Transform({
      transform: (chunk: Buffer, _encoding, done): void => {
        received += chunk.byteLength;
        const stall = this.#stall;
        if (stall === null || received < stall.bytes || !stall.begin()) done(null, chunk);
        else
          void stall.letGo.opened.then(() => {
            done(null, chunk);
          });
      },
    });
    socket.pipe(upstream).pipe(meter).pipe(socket);
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    // A broken connection is what the proxy is there for.
    socket.on('error', () => socket.destroy());
  }
}

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/** Stands between a client and a server, and counts what the client sends: each time once it has gone on to the server. */
export class MessageCounter implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #count = 0;
  #onMessage: (count: number) => void = () => undefined;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    const url = new URL(target);
    url.port = (server.address() as AddressInfo).port.toString();
    this.url = url.href;
    server.on('connection', (client) => {
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
      }
      client.on('data', (chunk) => {
        upstream.write(chunk, () => {
          this.#count += 1;
          this.#onMessage(this.#count);
        });
      });
      client.on('close', () => upstream.end());
      upstream.pipe(client);
    });
  }

  static async start(target: string): Promise<MessageCounter> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new MessageCounter(server, new URL(target));
  }

  /** Begins to count anew. */
  listen(onMessage: (count: number) => void): void {
    this.#count = 0;
    this.#onMessage = onMessage;
  }

  get count(): number {
    return this.#count;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

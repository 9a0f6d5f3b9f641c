import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { PostgresServer } from './postgres-server.js';
import { getTemplateFolder } from './templates.js';

/**
 * Offers the tests of this run one PostgreSQL server for all their catalogs. It starts when the first of them
 * asks, at a socket in the folder of templates.
 */
export class SharedPostgres implements AsyncDisposable {
  readonly #desk = createServer((socket) => {
    this.#server ??= PostgresServer.start({ settings: { max_connections: '300' } });
    this.#server.then(
      (server) => socket.end(server.url({ database: 'postgres' })),
      (error: unknown) => socket.destroy(error as Error),
    );
  });
  #server: Promise<PostgresServer> | null = null;

  static async open(): Promise<SharedPostgres> {
    const shared = new SharedPostgres();
    shared.#desk.listen(findDesk());
    await once(shared.#desk, 'listening');
    return shared;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#desk.close();
    const server = await this.#server?.catch(() => null);
    await server?.[Symbol.asyncDispose]();
  }
}

/** The URL of its superuser. @throws Error when it does not start */
export async function askForPostgres(): Promise<string> {
  const url = await text(connect(findDesk()));
  if (url === '') throw new Error('The PostgreSQL server that the tests share does not start.');
  return url;
}

function findDesk(): string {
  return join(getTemplateFolder(), 'postgres-desk');
}

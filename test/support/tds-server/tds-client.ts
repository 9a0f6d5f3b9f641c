import { once } from 'node:events';
import { Connection, Request } from 'tedious';
import type { ConnectionOptions } from 'tedious';
import type { Column, TdsServerOptions, Value } from './handler.js';

interface Told {
  readonly number: number;
  readonly message: string;
  readonly class: number;
  readonly state: number;
}

/** The real client, with what it has been told. */
export class TdsClient implements AsyncDisposable {
  readonly connection: Connection;
  readonly infos: Told[] = [];
  readonly errors: Told[] = [];

  constructor(options: ConnectionOptions, userName = 'sa') {
    this.connection = new Connection({
      server: '127.0.0.1',
      authentication: { type: 'default', options: { userName, password: 'Pä$$w0rd' } },
      options: { encrypt: false, rowCollectionOnRequestCompletion: true, ...options },
    });
    this.connection.on('infoMessage', (info) => this.infos.push(info));
    this.connection.on('errorMessage', (error) => this.errors.push(error));
    // Once it is connected, it tells of a cut here, too, and a request that runs fails of it.
    this.connection.on('error', () => undefined);
  }

  static async connect(options: ConnectionOptions): Promise<TdsClient> {
    const client = new TdsClient(options);
    const fault = await client.connect();
    if (fault !== null) throw fault;
    return client;
  }

  async connect(): Promise<Error | null> {
    return new Promise((resolve) => {
      this.connection.connect((error) => {
        resolve(error ?? null);
      });
    });
  }

  async batch(sql: string): Promise<Value[][]> {
    return this.run(sql, (request) => {
      this.connection.execSqlBatch(request);
    });
  }

  async run(sql: string, start: (request: Request) => void): Promise<Value[][]> {
    return new Promise((resolve, reject) => {
      const request = new Request(sql, (error, _count, rows: { value: Value }[][]) => {
        if (error != null) reject(error);
        else resolve(rows.map((row) => row.map(({ value }) => value)));
      });
      start(request);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.connection.closed) return;
    const ended = once(this.connection, 'end');
    this.connection.close();
    await ended;
  }
}

export const TEXT: Column = { name: 'text', type: 'nvarchar' };

export function echo(): TdsServerOptions {
  return {
    onStatement: async ({ sql }, reply) => {
      reply.rows([TEXT], [[sql]]);
    },
  };
}

export async function rejectionOf(promise: Promise<unknown>): Promise<Error & { code?: string; number?: number }> {
  return promise.then(
    () => {
      throw new Error('It did not fail');
    },
    (error: unknown) => error as Error,
  );
}

import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import type { Client, ClientOptions } from 'graphql-ws';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { startApp } from '../../src/app.js';
import type { App, AppOverrides } from '../../src/app.js';
import { readConfig } from '../../src/config.js';
import { createSampleDatabase } from './sqlite.js';
import type { SampleOptions } from './sqlite.js';
import { TempDir } from './temp-dir.js';

export interface GraphqlAnswer<Data = Record<string, any>> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly GraphqlAnswerError[];
}

export interface GraphqlAnswerError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, any>> & { readonly code: string; readonly retryable: boolean };
}

interface TestAppOptions {
  /** Configuration besides the test's own data directory and port. */
  readonly env?: Readonly<Record<string, string>>;
  readonly overrides?: AppOverrides;
  /** Folder to work in, to start a second server on the same data; by default a new one. */
  readonly dir?: TempDir;
}

/** A server of its own for one test: real port, real store, real catalog in a temporary folder. */
export class TestApp implements AsyncDisposable {
  readonly app: App;
  readonly dir: TempDir;
  readonly #ownsDir: boolean;
  readonly #clients: Client[] = [];

  private constructor(app: App, dir: TempDir, ownsDir: boolean) {
    this.app = app;
    this.dir = dir;
    this.#ownsDir = ownsDir;
  }

  static async start({ env = {}, overrides = {}, dir }: TestAppOptions = {}): Promise<TestApp> {
    const ownDir = dir ?? (await TempDir.create());
    const config = readConfig({ DATA_DIR: ownDir.join('data'), PORT: '0', SHUTDOWN_GRACE: '5s', ...env }, []);
    const app = await startApp(config, { logger: pino({ level: 'silent' }), ...overrides });
    return new TestApp(app, ownDir, dir === undefined);
  }

  get url(): string {
    return this.app.url;
  }

  get artifacts(): string {
    return join(this.dir.path, 'data', 'artifacts');
  }

  async graphql<Data = Record<string, any>>(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<GraphqlAnswer<Data>> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return { status: response.status, ...((await response.json()) as { data: Data }) };
  }

  /** A graphql-transport-ws client; closed with the app. */
  webSocketClient(options: Partial<ClientOptions> = {}): Client {
    const url = `${this.url.replace(/^http/, 'ws')}/graphql`;
    const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
    this.#clients.push(client);
    return client;
  }

  /** Makes a SQLite database in the test's folder, registers it, and returns its id. */
  async registerSample(name = 'shop', options: SampleOptions = {}): Promise<string> {
    const path = this.dir.join(`${name}.db`);
    await createSampleDatabase(path, options);
    return this.register(name, `sqlite:${path}`);
  }

  async register(name: string, url: string): Promise<string> {
    const answer = await this.graphql(
      'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }',
      { input: { name, url } },
    );
    if (answer.errors !== undefined) throw new Error(answer.errors[0]?.message);
    return answer.data['registerInstance'].instance.id as string;
  }

  async createBackup(instanceId: string, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<GraphqlAnswer> {
    return this.graphql(
      'mutation ($input: CreateBackupInput!) { createBackup(input: $input) { backup { id name status } } }',
      { input: { instanceId, name, ...more } },
    );
  }

  /** Creates a backup and waits, by its subscription, until it has ended. */
  async takeBackup(instanceId: string, name: string, more: Readonly<Record<string, unknown>> = {}): Promise<EndedBackup> {
    const answer = await this.createBackup(instanceId, name, more);
    if (answer.errors !== undefined) throw new Error(answer.errors[0]?.message);
    return this.waitForEnd(answer.data['createBackup'].backup.id as string);
  }

  async waitForEnd(backupId: string): Promise<EndedBackup> {
    const query = `subscription ($backupId: ID!) {
      backupChanged(backupId: $backupId) {
        id name status sizeBytes storedBytes failure { code message } databases { name sha256 storedBytes originalBytes }
      }
    }`;
    for await (const { data } of this.webSocketClient().iterate<{ backupChanged: EndedBackup }>({ query, variables: { backupId } })) {
      if (data != null && data.backupChanged.status !== 'BUILDING') return data.backupChanged;
    }
    throw new Error('the subscription ended before the backup did');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) await client.dispose();
    await this.app.stop();
    if (this.#ownsDir) await this.dir[Symbol.asyncDispose]();
  }
}

export interface EndedBackup {
  readonly id: string;
  readonly name: string;
  readonly status: 'BUILDING' | 'COMPLETED' | 'FAILED';
  readonly sizeBytes: number | null;
  readonly storedBytes: number | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly databases: readonly { name: string; sha256: string; storedBytes: number; originalBytes: number }[];
}

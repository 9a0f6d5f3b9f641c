import { createClient } from 'graphql-ws';
import type { Client, ClientOptions } from 'graphql-ws';
import { WebSocket } from 'ws';

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

/** What one operation gave over WebSocket: its data, or the errors that refused it. */
export interface SocketAnswer {
  readonly data?: Record<string, any> | null;
  readonly errors?: readonly GraphqlAnswerError[];
}

type Variables = Readonly<Record<string, unknown>>;

export interface StatusChangeMessage {
  readonly id: string;
  readonly previousStatus: string | null;
  readonly status: string;
  readonly reason: string | null;
  readonly instance: { readonly id: string; readonly name: string };
  readonly backup: { readonly id: string; readonly name: string; readonly status: string } | null;
}

export interface BackupMessage {
  readonly id: string;
  readonly name: string;
  readonly status: 'BUILDING' | 'COMPLETED' | 'FAILED';
  readonly progress: {
    readonly phase: string;
    readonly bytesDone: number;
    readonly bytesTotal: number | null;
    readonly percent: number | null;
  };
  readonly sizeBytes: number | null;
  readonly storedBytes: number | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly databases: readonly {
    readonly name: string;
    readonly sha256: string | null;
    readonly storedBytes: number | null;
    readonly originalBytes: number | null;
  }[];
}

const STATUS_CHANGED = `subscription ($instanceId: ID, $after: ID) {
  instanceStatusChanged(instanceId: $instanceId, after: $after) {
    id previousStatus status reason instance { id name } backup { id name status }
  }
}`;

const BACKUP_CHANGED = `subscription ($instanceId: ID, $backupId: ID) {
  backupChanged(instanceId: $instanceId, backupId: $backupId) {
    id name status progress { phase bytesDone bytesTotal percent } sizeBytes storedBytes
    failure { code message } databases { name sha256 storedBytes originalBytes }
  }
}`;

/** Cursor of a catalog's first event: that its first instance is registered. */
export const REGISTERED = '1';

/** Speaks to a running server as any client would: over HTTP and over graphql-transport-ws. */
export abstract class ApiClient {
  readonly #clients: Client[] = [];

  abstract get url(): string;

  async graphql<Data = Record<string, any>>(query: string, variables: Variables = {}): Promise<GraphqlAnswer<Data>> {
    const response = await this.post(JSON.stringify({ query, variables }));
    return { status: response.status, ...((await response.json()) as { data: Data }) };
  }

  /** A request with a body of the caller's own. */
  async post(body: string): Promise<Response> {
    return fetch(`${this.url}/graphql`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  }

  /** One operation over a socket of its own, to its first answer. */
  async graphqlOverWebSocket(query: string, variables: Variables = {}): Promise<SocketAnswer> {
    const client = this.webSocketClient();
    try {
      return await ask(client, query, variables);
    } finally {
      await client.dispose();
    }
  }

  get webSocketUrl(): string {
    return `${this.url.replace(/^http/, 'ws')}/graphql`;
  }

  /** A graphql-transport-ws client; closed with the app. */
  webSocketClient(options: Partial<ClientOptions> = {}): Client {
    const client = createClient({ url: this.webSocketUrl, webSocketImpl: WebSocket, retryAttempts: 0, ...options });
    this.#clients.push(client);
    return client;
  }

  /** Status changes as they come. Ends with its reader. */
  async *statusChanges(
    variables: { instanceId?: string; after?: string } = {},
  ): AsyncGenerator<StatusChangeMessage, void> {
    for await (const data of this.subscribe(STATUS_CHANGED, variables)) {
      yield data.instanceStatusChanged as StatusChangeMessage;
    }
  }

  /** Backups as they change. Ends with its reader. */
  async *backupChanges(
    variables: { instanceId?: string; backupId?: string } = {},
  ): AsyncGenerator<BackupMessage, void> {
    for await (const data of this.subscribe(BACKUP_CHANGED, variables)) yield data.backupChanged as BackupMessage;
  }

  /** What one subscription gives, on a socket of its own, which is closed with its reader. */
  async *subscribe(query: string, variables: Variables): AsyncGenerator<Record<string, unknown>, void> {
    const client = this.webSocketClient();
    try {
      for await (const { data, errors } of client.iterate({ query, variables })) {
        if (data == null) throw new Error(JSON.stringify(errors));
        yield data;
      }
    } catch (error) {
      throw error instanceof Error ? error : new SocketClosedError(error);
    } finally {
      await client.dispose();
    }
  }

  /** What one subscription gives from here on: an answer on the same socket says that the server has heard of it. */
  async follow(query: string, variables: Variables = {}): Promise<AsyncGenerator<Record<string, any>, void>> {
    const client = this.webSocketClient();
    const messages = client.iterate<Record<string, any>>({ query, variables });
    await ask(client, '{ __typename }');
    return (async function* () {
      for await (const { data } of messages) if (data != null) yield data;
    })();
  }

  async register(name: string, url: string, more: Variables = {}): Promise<string> {
    const answer = await this.graphql(
      'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }',
      { input: { name, url, ...more } },
    );
    if (answer.errors !== undefined) throw new Error(answer.errors[0]?.message);
    return answer.data.registerInstance.instance.id as string;
  }

  async createBackup(instanceId: string, name: string, more: Variables = {}): Promise<GraphqlAnswer> {
    return this.graphql(
      'mutation ($input: CreateBackupInput!) { createBackup(input: $input) { backup { id name status } } }',
      { input: { instanceId, name, ...more } },
    );
  }

  /** Creates a backup that must be accepted, and returns its id. */
  async beginBackup(instanceId: string, name: string, more: Variables = {}): Promise<string> {
    const answer = await this.createBackup(instanceId, name, more);
    if (answer.errors !== undefined) throw new Error(answer.errors[0]?.message);
    return answer.data.createBackup.backup.id as string;
  }

  /** Creates a backup and waits, by its subscription, until it has ended. */
  async takeBackup(instanceId: string, name: string, more: Variables = {}): Promise<BackupMessage> {
    return this.waitForEnd(await this.beginBackup(instanceId, name, more));
  }

  async waitForEnd(backupId: string): Promise<BackupMessage> {
    return this.waitForBackup(backupId, ({ status }) => status !== 'BUILDING');
  }

  /** The first state of a backup that is as wanted. */
  async waitForBackup(backupId: string, isWanted: (backup: BackupMessage) => boolean): Promise<BackupMessage> {
    for await (const backup of this.backupChanges({ backupId })) {
      if (isWanted(backup)) return backup;
    }
    throw new Error('the subscription ended before the backup was as wanted');
  }

  async cancelBackup(backupId: string): Promise<GraphqlAnswer> {
    return this.graphql(
      `mutation ($backupId: ID!) {
        cancelBackup(input: { backupId: $backupId }) { backup { id status failure { code message } instance { status } } }
      }`,
      { backupId },
    );
  }

  async updateInstance(instanceId: string, changes: Variables): Promise<GraphqlAnswer> {
    return this.graphql(
      `mutation ($input: UpdateInstanceInput!) {
        updateInstance(input: $input) {
          instance { id name region project engine engineVersion role status statusReason endpoint }
        }
      }`,
      { input: { instanceId, ...changes } },
    );
  }

  async statusOf(instanceId: string): Promise<string> {
    const { data } = await this.graphql('query ($id: ID!) { instance(id: $id) { status } }', { id: instanceId });
    return data.instance.status as string;
  }

  protected async closeClients(): Promise<void> {
    for (const client of this.#clients) await client.dispose();
  }
}

/** The server has closed the socket, or has refused the operation. */
export class SocketClosedError extends Error {
  override readonly name = 'SocketClosedError';
  /** Code of the close frame; undefined when there was none. */
  readonly code: number | undefined;

  constructor(event: unknown) {
    const { code, reason } = event as { code?: number; reason?: string };
    super(Array.isArray(event) ? JSON.stringify(event) : `${String(code)} ${String(reason)}`);
    this.code = code;
  }
}

/** Runs one operation of a client to its first answer. */
export async function ask(client: Client, query: string, variables: Variables = {}): Promise<SocketAnswer> {
  return new Promise((resolve, reject) => {
    const unsubscribe = client.subscribe<Record<string, any>>(
      { query, variables },
      {
        next: (answer) => {
          resolve(answer as SocketAnswer);
          // Not at once: the client would count out twice what the server completes in the same breath, and close the socket.
          setImmediate(unsubscribe);
        },
        error: (error) => {
          // A refused operation; anything else is the socket's own trouble.
          if (Array.isArray(error)) resolve({ errors: error as GraphqlAnswerError[] });
          else reject(error instanceof Error ? error : new SocketClosedError(error));
        },
        complete: () => {
          reject(new Error('the operation ended without an answer'));
        },
      },
    );
  });
}

/** The first `count` values; then the source is closed. */
export async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const values: T[] = [];
  if (count === 0) return values;
  for await (const value of source) {
    values.push(value);
    if (values.length === count) break;
  }
  return values;
}

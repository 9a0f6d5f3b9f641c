import { Agent, request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { WebSocket } from 'ws';

export interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

export interface BackupState {
  readonly id: string;
  readonly name: string;
  readonly status: 'BUILDING' | 'COMPLETED' | 'FAILED' | 'DELETING';
  readonly startedAt: string;
  readonly completedAt: string | null;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

/** What a backup is to hold, if not everything. */
export interface BackupChoice {
  readonly databases?: readonly string[];
  readonly includeSystemDatabases?: boolean;
}

export const BACKUP_FIELDS = 'id name status startedAt completedAt failure { code message }';

/** The server's public door: GraphQL over connections that are kept alive, and over one WebSocket. */
export class ApiClient implements AsyncDisposable {
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #webSocket: Client;

  constructor(serverUrl: string) {
    this.#url = new URL('/graphql', serverUrl);
    const url = this.#url.href.replace(/^http/, 'ws');
    this.#webSocket = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 60_000 });
  }

  /** The answer as it came, errors and all. */
  async send<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer<Data>> {
    const body = Buffer.from(JSON.stringify({ query, variables }));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.byteLength };
      const outgoing = request(this.#url, { method: 'POST', agent: this.#agent, headers }, resolve);
      outgoing.on('error', reject);
      outgoing.end(body);
    });
    return JSON.parse(await text(response)) as Answer<Data>;
  }

  /** @throws when the answer holds an error */
  async query<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    const { data, errors } = await this.send<Data>(query, variables);
    if (errors !== undefined || data == null) throw new Error(`refused: ${JSON.stringify(errors)}`);
    return data;
  }

  async *subscribe<Data>(query: string, variables: Readonly<Record<string, unknown>>): AsyncGenerator<Data, void> {
    for await (const { data, errors } of this.#webSocket.iterate<Data>({ query, variables })) {
      if (errors !== undefined || data == null) throw new Error(`refused: ${JSON.stringify(errors)}`);
      yield data;
    }
  }

  async register(name: string, path: string): Promise<string> {
    return this.registerUrl(name, `sqlite:${path}`);
  }

  async registerUrl(name: string, url: string): Promise<string> {
    const { registerInstance } = await this.query<{ registerInstance: { instance: { id: string } } }>(
      'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }',
      { input: { name, url } },
    );
    return registerInstance.instance.id;
  }

  async createBackup(
    instanceId: string,
    name: string,
    more: BackupChoice = {},
  ): Promise<Answer<{ createBackup: { backup: BackupState } }>> {
    return this.send(
      `mutation ($input: CreateBackupInput!) { createBackup(input: $input) { backup { ${BACKUP_FIELDS} } } }`,
      { input: { instanceId, name, ...more } },
    );
  }

  /** Every backup of the server, oldest first. */
  async listBackups(): Promise<readonly BackupState[]> {
    const query = `query ($after: String) {
      backups(first: 100, after: $after) { nodes { ${BACKUP_FIELDS} } pageInfo { hasNextPage endCursor } }
    }`;
    const all: BackupState[] = [];
    for (let after: string | null = null; ;) {
      const { backups }: BackupsPage = await this.query<BackupsPage>(query, { after });
      all.push(...backups.nodes);
      if (!backups.pageInfo.hasNextPage) break;
      after = backups.pageInfo.endCursor;
    }
    return all.reverse();
  }

  /** From where the only file of a backup can be fetched. */
  async findFileUrl(backupId: string): Promise<string> {
    const { backup } = await this.query<{ backup: { files: readonly { url: string }[] } }>(
      'query ($id: ID!) { backup(id: $id) { files { url } } }',
      { id: backupId },
    );
    const [file] = backup.files;
    if (file === undefined) throw new Error('the backup has no file');
    return file.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#webSocket.dispose();
    this.#agent.destroy();
  }
}

interface BackupsPage {
  readonly backups: {
    readonly nodes: readonly BackupState[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  };
}

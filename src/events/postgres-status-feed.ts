import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { InProcessStatusFeed } from './in-process-status-feed.js';
import type { Change, ChangeListener, StatusFeed } from './status-feed.js';

const CHANNEL = 'rds_backup_changes';
const RECONNECT_DELAY_MS = 1000;
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * For a PostgreSQL catalog that several servers share: LISTEN and NOTIFY on a connection of its own. Every server, the
 * publisher too, hears a change through the database, so all see the same order.
 */
export class PostgresStatusFeed implements StatusFeed {
  readonly #url: string;
  readonly #local: InProcessStatusFeed;
  readonly #onError: (error: unknown) => void;
  readonly #closing = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  /** Null while the connection is broken and being made anew. */
  #client: Client | null = null;

  private constructor(url: string, onError: (error: unknown) => void) {
    this.#url = url;
    this.#onError = onError;
    this.#local = new InProcessStatusFeed(onError);
  }

  static async connect(url: string, onError: (error: unknown) => void): Promise<PostgresStatusFeed> {
    const feed = new PostgresStatusFeed(url, onError);
    await feed.#connect();
    return feed;
  }

  publish(change: Change): void {
    const client = this.#client;
    if (client === null) {
      // Other servers learn of it when they next look; this one's subscribers need not wait for that.
      this.#local.publish(change);
      return;
    }
    const sending: Promise<void> = client
      .query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(change)])
      .then(
        () => undefined,
        (error: unknown) => {
          this.#onError(error);
          this.#local.publish(change);
        },
      )
      .finally(() => this.#sending.delete(sending));
    this.#sending.add(sending);
  }

  subscribe(listener: ChangeListener): () => void {
    return this.#local.subscribe(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    const client = this.#client;
    this.#client = null;
    // What was published last is news to the other servers.
    await Promise.all(this.#sending);
    await client?.end();
    await this.#local[Symbol.asyncDispose]();
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'rds-backup-server feed',
    });
    client.on('notification', ({ payload }) => {
      this.#local.publish(JSON.parse(payload ?? '{"kind":"status"}') as Change);
    });
    client.on('error', (error) => {
      this.#onError(error);
    });
    client.on('end', () => {
      if (this.#client !== client) return;
      this.#client = null;
      void this.#reconnect();
    });
    await client.connect();
    await client.query(`LISTEN ${CHANNEL}`);
    if (this.#closing.signal.aborted) await client.end();
    else this.#client = client;
  }

  async #reconnect(): Promise<void> {
    const { signal } = this.#closing;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      try {
        await delay(RECONNECT_DELAY_MS, undefined, { signal });
        await this.#connect();
        this.#local.publish({ kind: 'status' });
        return;
      } catch (error) {
        if (!isOver()) this.#onError(error);
      }
    }
  }
}

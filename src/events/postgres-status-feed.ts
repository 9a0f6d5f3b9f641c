import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { RecordKind } from '../domain/deleted-record.js';
import type { DeletedRecord } from '../domain/deleted-record.js';
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
  /** Ends when all that was published so far is sent: one after the other, as the connection takes one query at a time. */
  #sending: Promise<void> = Promise.resolve();
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
    this.#sending = this.#sending.then(() => this.#send(change));
  }

  subscribe(listener: ChangeListener): () => void {
    return this.#local.subscribe(listener);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    // What was published last is news to the other servers.
    await this.#sending;
    const client = this.#client;
    this.#client = null;
    await client?.end();
    await this.#local[Symbol.asyncDispose]();
  }

  async #send(change: Change): Promise<void> {
    try {
      if (this.#client === null) throw new Error('the feed is not connected');
      await this.#client.query('SELECT pg_notify($1, $2)', [CHANNEL, JSON.stringify(change)]);
    } catch (error) {
      // Other servers learn of it when they next look; this one's subscribers need not wait for that.
      if (this.#client !== null) this.#onError(error);
      this.#local.publish(change);
    }
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.#url,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      application_name: 'rds-backup-server feed',
    });
    client.on('notification', ({ payload }) => {
      this.#local.publish(parseChange(payload));
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
        this.#local.publish({ kind: 'missed' });
        return;
      } catch (error) {
        if (!isOver()) this.#onError(error);
      }
    }
  }
}

/** Anybody may notify on the channel: what is not ours is only a reason to look. */
function parseChange(payload: string | undefined): Change {
  try {
    const { kind, backupId, restoreId, record } = (JSON.parse(payload ?? '') ?? {}) as Record<string, unknown>;
    if ((kind === 'backup' || kind === 'cancel') && typeof backupId === 'string') return { kind, backupId };
    if (kind === 'restore' && typeof restoreId === 'string') return { kind, restoreId };
    if (kind === 'deleted' && isDeletedRecord(record)) return { kind, record };
  } catch {
    // Falls through.
  }
  return { kind: 'status' };
}

function isDeletedRecord(value: unknown): value is DeletedRecord {
  const { kind, id } = (value ?? {}) as Partial<DeletedRecord>;
  return typeof id === 'string' && kind !== undefined && Object.values(RecordKind).includes(kind);
}

import { makeVar } from '@apollo/client';
import { createClient } from 'graphql-ws';
import type { Client, FormattedExecutionResult, Sink, SubscribePayload } from 'graphql-ws';

/** How long the socket may be silent before it is asked for a sign of life. */
const KEEP_ALIVE_MS = 5000;
/** How long the sign of life may take. */
const PONG_TIMEOUT_MS = 4000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
/** After an operation that the server has refused: it is there, and has a reason that may last. */
const FIRST_REFUSAL_MS = 5000;
const LONGEST_REFUSAL_MS = 60_000;

/** `connecting` is the first time only. `outdated`: the server does not know what this page asks of it. */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'outdated';

interface ConnectionListener {
  readonly onOpen: () => void;
  readonly onClose: () => void;
}

/** The one WebSocket of the page: opened at once, and again whenever it breaks, for as long as the page is there. */
export class Connection {
  readonly state = makeVar<ConnectionState>('connecting');
  readonly #url: string;
  readonly #listeners = new Set<ConnectionListener>();
  #client: Client;
  #pongTimeout: number | undefined;
  /** Refusals since a connection last held for long. */
  #refusals = 0;
  #openedAt = 0;

  constructor(url: string) {
    this.#url = url;
    this.#client = this.#create();
    window.addEventListener('offline', () => {
      this.#client.terminate();
    });
  }

  listen(listener: ConnectionListener): void {
    this.#listeners.add(listener);
  }

  /** One operation on the connection that is open. Returns the way to end it. */
  subscribe<T>(payload: SubscribePayload, sink: Sink<FormattedExecutionResult<T>>): () => void {
    return this.#client.subscribe<T>(payload, sink);
  }

  /** The server has refused an operation or ended a stream: a new connection, after a while, finds out whether it still does. */
  breakOff(): void {
    this.#refusals += 1;
    this.#client.terminate();
  }

  /** Nothing but another page will do. */
  giveUp(): void {
    this.state('outdated');
    void this.#client.dispose();
  }

  #create(): Client {
    return createClient({
      url: this.#url,
      lazy: false,
      keepAlive: KEEP_ALIVE_MS,
      retryAttempts: Infinity,
      shouldRetry: () => true,
      retryWait: (retries) => this.#waitToRetry(retries),
      // Some codes end a client for good, as 1011 and 4500 do, whatever it is told of retries.
      onNonLazyError: () => void this.#replace(),
      on: {
        connected: () => {
          this.#openedAt = Date.now();
          this.state('open');
          for (const { onOpen } of this.#listeners) onOpen();
        },
        closed: () => {
          window.clearTimeout(this.#pongTimeout);
          if (this.state() === 'outdated') return;
          if (this.#openedAt > 0 && Date.now() - this.#openedAt > LONGEST_REFUSAL_MS) this.#refusals = 0;
          this.state('lost');
          for (const { onClose } of this.#listeners) onClose();
        },
        ping: (isReceived) => {
          if (!isReceived) this.#awaitPong();
        },
        pong: (isReceived) => {
          if (isReceived) window.clearTimeout(this.#pongTimeout);
        },
      },
    });
  }

  async #replace(): Promise<void> {
    await this.#waitToRetry(0);
    if (this.state() !== 'outdated') this.#client = this.#create();
  }

  #awaitPong(): void {
    window.clearTimeout(this.#pongTimeout);
    this.#pongTimeout = window.setTimeout(() => {
      this.#client.terminate();
    }, PONG_TIMEOUT_MS);
  }

  /** Exponential, with jitter: pages that lost the same server do not come back all at once. */
  async #waitToRetry(retries: number): Promise<void> {
    const afterLoss = Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS);
    const afterRefusal =
      this.#refusals === 0 ? 0 : Math.min(FIRST_REFUSAL_MS * 2 ** (this.#refusals - 1), LONGEST_REFUSAL_MS);
    const longest = Math.max(afterLoss, afterRefusal);
    const delayMs = longest / 2 + (Math.random() * longest) / 2;
    await new Promise((resolve) => {
      window.setTimeout(resolve, delayMs);
    });
  }
}

import { makeVar } from '@apollo/client';
import type { ReactiveVar } from '@apollo/client';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';

/** How long the socket may be silent before it is asked for a sign of life. */
const KEEP_ALIVE_MS = 5000;
/** How long the sign of life may take. */
const PONG_TIMEOUT_MS = 4000;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;

/** `connecting` is the first time only: once there was an attempt, it is `open` or `lost`. */
export type ConnectionState = 'connecting' | 'open' | 'lost';

/** The one WebSocket of the page. */
export interface Connection {
  readonly socket: Client;
  readonly state: ReactiveVar<ConnectionState>;
}

/** Connects at once, and again whenever the connection breaks, for as long as the page is there. */
export function connect(url: string): Connection {
  const state = makeVar<ConnectionState>('connecting');
  let pongTimeout: number | undefined;
  const socket = createClient({
    url,
    lazy: false,
    keepAlive: KEEP_ALIVE_MS,
    retryAttempts: Infinity,
    shouldRetry: () => true,
    retryWait: waitToRetry,
    // `state` tells it; each attempt would be reported otherwise.
    onNonLazyError: () => undefined,
    on: {
      connected: () => {
        state('open');
      },
      closed: () => {
        window.clearTimeout(pongTimeout);
        state('lost');
      },
      ping: (isReceived) => {
        if (isReceived) return;
        window.clearTimeout(pongTimeout);
        pongTimeout = window.setTimeout(() => {
          socket.terminate();
        }, PONG_TIMEOUT_MS);
      },
      pong: (isReceived) => {
        if (isReceived) window.clearTimeout(pongTimeout);
      },
    },
  });
  window.addEventListener('offline', () => {
    socket.terminate();
  });
  return { socket, state };
}

/** Exponential, with jitter: pages that lost the same server do not come back all at once. */
async function waitToRetry(retries: number): Promise<void> {
  const longest = Math.min(FIRST_RETRY_MS * 2 ** retries, LONGEST_RETRY_MS);
  const delayMs = longest / 2 + (Math.random() * longest) / 2;
  await new Promise((resolve) => {
    window.setTimeout(resolve, delayMs);
  });
}

import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { serveOrders } from './worker.js';

/** What the crowd can be told to do. */
export type CrowdOrder =
  /** Opens the sockets; `subscription` is sent on each, null = the server talks by itself. Answered when all stand. */
  | { readonly kind: 'open'; readonly url: string; readonly count: number; readonly subscription: object | null }
  /** Waits until each socket has so many messages, or too much time has gone by. Answered with a CrowdReport. */
  | { readonly kind: 'collect'; readonly messages: number };

export interface CrowdReport {
  /** Ids of the messages of each socket, in the order of arrival, separated by commas; each distinct one once. */
  readonly sequences: readonly string[];
  /** For each message that all have, when it came to each socket: milliseconds of the machine's monotonic clock. */
  readonly arrivalsMs: readonly (readonly number[])[];
  readonly exampleFrame: string;
}

const BATCH = 100;
const PATIENCE_MS = 20_000;

interface Message {
  readonly id: string;
  readonly atMs: number;
}

interface Frame {
  readonly type: string;
  readonly payload: { readonly data: { readonly instanceStatusChanged: { readonly id: string } } };
}

const inboxes: Message[][] = [];
let exampleFrame = '';

export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function open(url: string, subscription: object | null): Promise<void> {
  const inbox: Message[] = [];
  const socket = new WebSocket(url, 'graphql-transport-ws');
  await new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('open', () => {
      if (subscription === null) resolve();
      else socket.send('{"type":"connection_init"}');
    });
    socket.on('message', (data: Buffer) => {
      const atMs = monotonicMs();
      const text = data.toString();
      const frame = JSON.parse(text) as Frame;
      if (frame.type === 'connection_ack')
        socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: subscription }));
      if (frame.type === 'ping') socket.send('{"type":"pong"}');
      if (frame.type !== 'next') return;
      inbox.push({ id: frame.payload.data.instanceStatusChanged.id, atMs });
      exampleFrame = text;
      resolve();
    });
  });
  inboxes.push(inbox);
}

async function collect(messages: number): Promise<CrowdReport> {
  const deadline = performance.now() + PATIENCE_MS;
  while (performance.now() < deadline && inboxes.some((inbox) => inbox.length < messages)) await delay(20);
  const sequences = new Set(inboxes.map((inbox) => inbox.map(({ id }) => id).join(',')));
  const common = Math.min(...inboxes.map((inbox) => inbox.length));
  const arrivalsMs = Array.from({ length: common }, (_, index) => inboxes.map((inbox) => inbox[index]?.atMs ?? NaN));
  return { sequences: [...sequences], arrivalsMs, exampleFrame };
}

serveOrders(async (received) => {
  const order = received as CrowdOrder;
  if (order.kind === 'collect') return { ...(await collect(order.messages)) };
  for (let opened = 0; opened < order.count; opened += BATCH) {
    const batch = Math.min(BATCH, order.count - opened);
    await Promise.all(Array.from({ length: batch }, () => open(order.url, order.subscription)));
  }
  return order.count;
});

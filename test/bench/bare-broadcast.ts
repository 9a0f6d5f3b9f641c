import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { serveOrders } from './worker.js';

/** What a WebSocket server costs that does nothing but send the same bytes to every socket. */
export type BroadcastOrder = { readonly kind: 'listen' } | { readonly kind: 'send'; readonly frame: string };

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
const listening = once(server, 'listening');

serveOrders(async (received) => {
  const order = received as BroadcastOrder;
  await listening;
  if (order.kind === 'listen') return (server.address() as AddressInfo).port;
  const beganMs = Number(process.hrtime.bigint()) / 1e6;
  for (const socket of server.clients) socket.send(order.frame);
  return beganMs;
});

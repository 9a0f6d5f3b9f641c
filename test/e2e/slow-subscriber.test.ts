import { once } from 'node:events';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { REGISTERED, take } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

/** Each message carries the instance's databases: with so many of them it takes some 2 MB. */
const DATABASES = Array.from({ length: 8000 }, (_, index) => ({
  name: `${index.toString()}-${'n'.repeat(240)}`,
  sizeBytes: 10,
  system: false,
}));
const BUFFER = 3;
const EVENTS = 30;
const QUERY = `subscription { instanceStatusChanged(after: "${REGISTERED}") { id instance { databases { name } } } }`;

/** Of the first events after the registration. */
function toIds(count: number): string[] {
  return Array.from({ length: count }, (_, index) => (Number(REGISTERED) + 1 + index).toString());
}

test('a subscriber that stops reading is dropped with 1013 and resumes where it was', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine], subscriptionBuffer: BUFFER } });
  engine.databases = DATABASES;
  const instanceId = await app.register('shop', 'fake://db1');
  const socket = new WebSocket(app.webSocketUrl, GRAPHQL_TRANSPORT_WS_PROTOCOL);
  const seen: string[] = [];
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as { type: string; payload?: Record<string, any> };
    if (message.type === 'connection_ack') {
      socket.send(JSON.stringify({ id: 'a', type: 'subscribe', payload: { query: QUERY } }));
    }
    if (message.type === 'next') seen.push(message.payload?.data.instanceStatusChanged.id as string);
  });
  await once(socket, 'open');
  const first = once(socket, 'message');
  socket.send(JSON.stringify({ type: 'connection_init' }));
  await first;

  const subscribers = async (): Promise<number> => {
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    return Number(/^rds_subscribers (\d+)/m.exec(metrics)?.[1]);
  };
  while ((await subscribers()) === 0);
  socket.pause();
  // What the operating system buffers on the way is its own affair, some 10 MB; beyond it the server keeps a few messages.
  for (let round = 1; round <= EVENTS / 2; round += 1) {
    await app.takeBackup(instanceId, `backup-${round.toString()}`, { databases: [DATABASES[0]?.name] });
  }
  socket.resume();
  const [code] = (await once(socket, 'close')) as [number];

  expect(code).toBe(1013);
  expect(seen.length).toBeLessThan(EVENTS);
  expect(seen).toEqual(toIds(seen.length));
  const rest = await take(app.statusChanges({ after: seen.at(-1) ?? REGISTERED }), EVENTS - seen.length);
  expect([...seen, ...rest.map(({ id }) => id)]).toEqual(toIds(EVENTS));
});

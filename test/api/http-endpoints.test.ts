import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request whose Host and Origin the test chooses, which fetch does not allow. */
async function send(app: TestApp, path: string, headers: Record<string, string>): Promise<Answer> {
  const sent = request(`${app.url}${path}`, { method: path === '/graphql' ? 'POST' : 'GET', headers });
  sent.end(path === '/graphql' ? JSON.stringify({ query: '{ __typename }' }) : undefined);
  return new Promise((resolve, reject) => {
    sent.on('error', reject);
    sent.on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
  });
}

/** The status that the upgrade of a WebSocket is answered with: 101 when it is accepted. */
async function upgradeStatus(url: string, headers: Record<string, string>): Promise<number> {
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.terminate();
      resolve(101);
    });
    socket.on('unexpected-response', (_request, response) => {
      resolve(response.statusCode ?? 0);
    });
    socket.on('error', () => undefined);
  });
}

test('is alive and ready', async () => {
  await using app = await TestApp.start();

  expect(await (await fetch(`${app.url}/livez`)).json()).toEqual({ status: 'ok' });
  expect(await (await fetch(`${app.url}/readyz`)).json()).toEqual({ status: 'ok' });
});

test('is alive but not ready while the artifact store cannot be written', async () => {
  await using app = await TestApp.start();
  await rm(app.artifacts, { recursive: true, force: true });
  await writeFile(app.artifacts, 'not a folder');

  const response = await fetch(`${app.url}/readyz`);

  expect(response.status).toBe(503);
  expect(await response.json()).toEqual({ status: 'unavailable', reason: expect.stringMatching(/\S/) });
  expect((await fetch(`${app.url}/livez`)).status).toBe(200);
  await rm(app.artifacts);
  expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
});

test('counts instances, backups, running work and subscribers in its metrics', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const read = async (): Promise<string> => (await fetch(`${app.url}/metrics`)).text();
  const instanceId = await app.register('shop', 'fake://db1');
  const backupId = await app.beginBackup(instanceId, 'first');
  await hold.reached();
  const changes = app.backupChanges({ backupId });
  await changes.next();
  const deletions = app.webSocketClient().iterate({ query: 'subscription { recordDeleted { id } }' });
  await expect.poll(read).toContain('rds_subscribers 2');

  const during = await read();
  for (const line of [
    'rds_instances{status="BACKING_UP"} 1',
    'rds_instances{status="AVAILABLE"} 0',
    'rds_backups{status="BUILDING"} 1',
    'rds_backups_running 1',
  ]) {
    expect(during).toContain(line);
  }
  expect(during).toMatch(/^process_resident_memory_bytes \d+$/m);
  expect(during).toMatch(/^nodejs_eventloop_lag_seconds /m);

  hold.release();
  await app.waitForEnd(backupId);
  await changes.return();
  await deletions.return?.();
  await expect.poll(read).toContain('rds_subscribers 0');
  const after = await read();
  for (const line of [
    'rds_instances{status="AVAILABLE"} 1',
    'rds_backups{status="COMPLETED"} 1',
    'rds_backups_running 0',
    'rds_backup_duration_seconds_count{engine="SQLSERVER",status="COMPLETED"} 1',
    'rds_backup_size_bytes_sum{engine="SQLSERVER"} 10000',
    'rds_backup_stored_bytes_count{engine="SQLSERVER"} 1',
  ]) {
    expect(after).toContain(line);
  }
});

test('says in the shape of any error that there is nothing at an unknown path', async () => {
  await using app = await TestApp.start();

  const response = await fetch(`${app.url}/nowhere`);

  expect(response.status).toBe(404);
  const { errors } = (await response.json()) as { errors: { extensions: object }[] };
  expect(errors[0]?.extensions).toEqual({ code: 'NOT_FOUND', retryable: false });
});

test('lets its own pages and local programs in, by any loopback name', async () => {
  await using app = await TestApp.start();
  const { port } = new URL(app.url);
  const type = { 'content-type': 'application/json' };

  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`, 'localhost']) {
    expect((await send(app, '/graphql', { ...type, host })).status, host).toBe(200);
    expect((await send(app, '/graphql', { ...type, host, origin: `http://${host}` })).status, host).toBe(200);
    expect(await upgradeStatus(app.webSocketUrl, { host, origin: `http://${host}` }), host).toBe(101);
  }
});

test.each([
  ['a foreign page', { origin: 'https://evil.example' }],
  ['a page of another local port', { origin: 'http://localhost:1' }],
  ['a page from a file', { origin: 'null' }],
  ['a name bound to this address', { host: 'evil.example' }],
  ['a name that only begins alike', { host: 'localhost.evil.example:80' }],
])('keeps %s out, over HTTP and over WebSocket', async (_what, headers) => {
  await using app = await TestApp.start();

  for (const path of ['/graphql', '/metrics', '/graphiql', '/livez']) {
    const { status, body } = await send(app, path, { 'content-type': 'application/json', ...headers });
    expect(status, path).toBe(403);
    const { errors } = JSON.parse(body) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions, path).toEqual({ code: 'FORBIDDEN', retryable: false });
  }
  expect(await upgradeStatus(app.webSocketUrl, headers)).toBe(403);
});

test('takes WebSockets at /graphql only, and only of the protocol that it speaks', async () => {
  await using app = await TestApp.start();

  expect(await upgradeStatus(app.webSocketUrl.replace('/graphql', '/other'), {})).toBe(404);
  const socket = new WebSocket(app.webSocketUrl);
  const [code] = (await once(socket, 'close')) as [number];
  expect(code).toBe(4406);
});

test('leads from / to a page', async () => {
  await using app = await TestApp.start();

  const response = await fetch(app.url, { redirect: 'manual' });

  expect([200, 302]).toContain(response.status);
  expect((await fetch(app.url)).headers.get('content-type')).toMatch(/^text\/html/);
});

test('the GraphiQL page asks for nothing from elsewhere, and cannot be framed', async () => {
  await using app = await TestApp.start();

  const response = await fetch(`${app.url}/graphiql`);
  const page = await response.text();

  expect(response.headers.get('x-frame-options')).toBe('DENY');
  const markup = page.replaceAll(/(<(script|style)\b[^>]*>)[\s\S]*?<\/\2>/g, '$1');
  expect(markup).toContain('<script');
  const links = [...markup.matchAll(/<[^>]+\s(?:src|href|srcset|action|data)\s*=\s*["']?([^"'\s>]+)/g)];
  const elsewhere = links.map(([, link = '']) => link).filter((link) => /^(https?:)?\/\//.test(link));
  expect(elsewhere).toEqual([]);
});

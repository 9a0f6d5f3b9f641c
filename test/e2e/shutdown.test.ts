import { once } from 'node:events';
import { Agent, get } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { REGISTERED, take } from '../support/api-client.js';
import type { StatusChangeMessage } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { ServerProcess } from '../support/server-process.js';
import { SqliteFile } from '../support/sqlite.js';
import { listFiles } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';
import { TestApp } from '../support/test-app.js';

interface BackupRow {
  readonly name: string;
  readonly status: string;
  readonly failure_code: string | null;
}

async function readBackups(catalogFile: string): Promise<readonly BackupRow[]> {
  await using catalog = await SqliteFile.open(catalogFile);
  return await catalog.all<BackupRow>('SELECT name, status, failure_code FROM backups ORDER BY name');
}

async function readInstanceStatuses(catalogFile: string): Promise<readonly string[]> {
  await using catalog = await SqliteFile.open(catalogFile);
  return (await catalog.all<{ status: string }>('SELECT status FROM instances')).map(({ status }) => status);
}

/** Resolves once the server says that it is shutting down. */
async function waitUntilDraining(url: string): Promise<void> {
  for (;;) if ((await fetch(`${url}/readyz`)).status === 503) return;
}

test('finishes the running backup, and hands those back that wait', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ env: { MAX_CONCURRENT_BACKUPS: '1' }, overrides: { engines: [engine] } });
  const running = await app.register('running', 'fake://a');
  const waiting = await app.register('waiting', 'fake://b');
  await app.beginBackup(running, 'a-running');
  await hold.reached();
  await app.beginBackup(waiting, 'b-waiting');

  const stopped = app.app.stop();
  await waitUntilDraining(app.url);
  const { errors } = await app.createBackup(waiting, 'c-too-late');
  hold.release();
  await stopped;

  expect(errors?.[0]?.extensions).toEqual({ code: 'SERVICE_SHUTTING_DOWN', retryable: true });
  expect(await readBackups(app.catalogFile)).toEqual([
    { name: 'a-running', status: 'COMPLETED', failure_code: null },
    { name: 'b-waiting', status: 'FAILED', failure_code: 'INTERRUPTED' },
  ]);
  expect(await readInstanceStatuses(app.catalogFile)).toEqual(['AVAILABLE', 'AVAILABLE']);
});

test('hands the running backup back when the grace time is over, and leaves nothing of it', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ env: { SHUTDOWN_GRACE: '200ms' }, overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://a');
  await app.beginBackup(instanceId, 'too-long');
  await hold.reached();

  await app.app.stop();

  expect(await readBackups(app.catalogFile)).toEqual([
    { name: 'too-long', status: 'FAILED', failure_code: 'INTERRUPTED' },
  ]);
  expect(await readInstanceStatuses(app.catalogFile)).toEqual(['AVAILABLE']);
  expect(await listFiles(app.artifacts)).toEqual([]);
});

test('a subscriber that is closed with 1001 gets the end of the last backup at the latest after the restart', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await first.register('shop', 'fake://a');
  await first.beginBackup(instanceId, 'last');
  await hold.reached();
  const seen: StatusChangeMessage[] = [];
  const changes = first.statusChanges({ after: REGISTERED });
  const collect = async (): Promise<void> => {
    for await (const change of changes) seen.push(change);
  };
  const collected = expect(collect()).rejects.toMatchObject({ name: 'SocketClosedError', code: 1001 });

  const stopped = first.app.stop();
  await waitUntilDraining(first.url);
  hold.release();
  await Promise.all([stopped, collected]);
  await using second = await TestApp.start({ dir: first.dir, overrides: { engines: [engine] } });
  const rest = second.statusChanges({ after: seen.at(-1)?.id ?? REGISTERED });
  while (seen.length < 2) seen.push(...(await take(rest, 2 - seen.length)));

  expect(seen.map(({ status }) => status)).toEqual(['BACKING_UP', 'AVAILABLE']);
  expect(seen.at(-1)?.reason).toBe('Backup last is completed.');
});

test('a connection that is kept alive keeps no server from closing', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const agent = new Agent({ keepAlive: true });
  const isOpen = async (): Promise<string | undefined> => {
    const request = get(`${app.url}/livez`, { agent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    return response.headers.connection;
  };
  expect(await isOpen()).toBe('keep-alive');
  const instanceId = await app.register('shop', 'fake://a');
  await app.beginBackup(instanceId, 'last');
  await hold.reached();

  const stopped = app.app.stop();
  await waitUntilDraining(app.url);
  expect(await isOpen()).toBe('keep-alive');
  hold.release();

  await stopped;
  agent.destroy();
});

test('a backup created while the server stops is refused, and nothing of it is recorded', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const hold = engine.hold();
  await app.beginBackup(await app.register('running', 'fake://a'), 'first');
  await hold.reached();
  const instanceId = await app.register('shop', 'fake://b');
  const asked = engine.holdQuestions();
  const creating = app.createBackup(instanceId, 'too-late', { databases: ['main'] });
  await asked.reached();

  const stopped = app.app.stop();
  await waitUntilDraining(app.url);
  asked.release();
  expect((await creating).errors?.[0]?.extensions.code).toBe('SERVICE_SHUTTING_DOWN');
  hold.release();
  await stopped;

  expect((await readBackups(app.catalogFile)).map(({ name }) => name)).toEqual(['first']);
  expect(await readInstanceStatuses(app.catalogFile)).toEqual(['AVAILABLE', 'AVAILABLE']);
});

test('stopping twice is stopping once', async () => {
  await using app = await TestApp.start();

  await Promise.all([app.app.stop(), app.app.stop()]);

  await expect(fetch(`${app.url}/livez`)).rejects.toThrow();
});

test('on SIGTERM a process finishes its backup, closes sockets with 1001 and exits with 0', async () => {
  await using dir = await TempDir.create();
  await using server = await ServerProcess.start(dir);
  const instanceId = await server.registerSample('shop');
  await using source = await SqliteFile.open(dir.join('shop.db'));
  // The copy waits for this lock: the backup is running when the signal comes, and can go on after it.
  await source.exec('BEGIN EXCLUSIVE');
  const backupId = await server.beginBackup(instanceId, 'last');
  await server.waitForBackup(backupId, ({ progress }) => progress.phase === 'COPYING');
  const socket = new WebSocket(server.webSocketUrl, GRAPHQL_TRANSPORT_WS_PROTOCOL);
  await once(socket, 'open');
  const closed = once(socket, 'close');

  server.signal('SIGTERM');
  await waitUntilDraining(server.url);
  await source.exec('ROLLBACK');

  expect(await closed).toEqual([1001, expect.anything()]);
  expect(await server.exited).toMatchObject({ code: 0, signal: null });
  expect(await readBackups(dir.join('data', 'catalog.sqlite'))).toEqual([
    { name: 'last', status: 'COMPLETED', failure_code: null },
  ]);
});

test('on SIGINT a process whose backup outlasts the grace time hands it back and exits with 0', async () => {
  await using dir = await TempDir.create();
  await using server = await ServerProcess.start(dir, { SHUTDOWN_GRACE: '100ms' });
  const instanceId = await server.registerSample('shop');
  await using source = await SqliteFile.open(dir.join('shop.db'));
  await source.exec('BEGIN EXCLUSIVE');
  const backupId = await server.beginBackup(instanceId, 'too-long');
  await server.waitForBackup(backupId, ({ progress }) => progress.phase === 'COPYING');

  expect(await server.kill('SIGINT')).toMatchObject({ code: 0, signal: null });

  expect(await readBackups(dir.join('data', 'catalog.sqlite'))).toEqual([
    { name: 'too-long', status: 'FAILED', failure_code: 'INTERRUPTED' },
  ]);
  expect(await listFiles(dir.join('data', 'artifacts'))).toEqual([]);
  expect(await listFiles(dir.join('data', '.rds-backup-scratch'))).toEqual([]);
});

import { mkdir, rename, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createClient } from 'graphql-ws';
import type { Client } from 'graphql-ws';
import { pino } from 'pino';
import sqlite3 from 'sqlite3';
import { WebSocket } from 'ws';
import { startApp } from './app.js';
import type { App } from './app.js';
import { readConfig } from './config.js';
import type { Config } from './config.js';
import { messageOf } from './domain/errors.js';

/*
 * `npm run demo`: the server with a sample database, watched as any client would, over HTTP and WebSocket.
 */

const INSTANCE_NAME = 'demo-shop';
/** Some 100 MB: enough to see the backup at work. */
const SAMPLE_ORDERS = 150_000;
const BAR_WIDTH = 30;
const STATUS_LABELS: Readonly<Record<string, string>> = { AVAILABLE: 'Available', BACKING_UP: 'Backing up' };

interface StatusMessage {
  readonly instanceStatusChanged: { readonly previousStatus: string | null; readonly status: string };
}

interface ProgressMessage {
  readonly backupChanged: {
    readonly name: string;
    readonly status: string;
    readonly sizeBytes: number | null;
    readonly storedBytes: number | null;
    readonly progress: { readonly phase: string; readonly percent: number | null };
    readonly failure: { readonly message: string } | null;
  };
}

async function main(): Promise<void> {
  const config = toDemoConfig(readConfig());
  await mkdir(config.dataDir, { recursive: true });
  const samplePath = resolve(config.dataDir, 'shop.db');
  await createSample(samplePath);
  const app = await startApp(config, { logger: pino({ level: 'warn' }) });
  stopOnSignal(app);
  const client = createClient({ url: `${app.url.replace(/^http/, 'ws')}/graphql`, webSocketImpl: WebSocket });
  const instanceId = await findOrRegister(app.url, samplePath);
  await showBackup({ url: app.url, client, instanceId });
  await client.dispose();
  print(`
  Console    ${app.url}/            instances, backups and restores, live
  GraphiQL   ${app.url}/graphiql   tabs to list, register, create and watch
  GraphQL    ${app.url}/graphql    HTTP POST, and WebSocket (graphql-transport-ws)
  Metrics    ${app.url}/metrics
  Artifacts  ${toArtifactFolder(config.dataDir)}

Serving until Ctrl+C. Create another backup in the console and watch it there.`);
}

/** A folder of its own, so that the demo never mixes with a real catalog. */
function toDemoConfig(config: Config): Config {
  const dataDir = resolve(config.dataDir, 'demo');
  return {
    ...config,
    dataDir,
    catalog: { kind: 'sqlite', path: resolve(dataDir, 'catalog.sqlite') },
    artifactStore: { kind: 'filesystem', path: toArtifactFolder(dataDir) },
  };
}

function toArtifactFolder(dataDir: string): string {
  return resolve(dataDir, 'artifacts');
}

async function createSample(path: string): Promise<void> {
  if ((await stat(path).catch(() => null)) !== null) return;
  print(`Making a sample database: ${path}`);
  const unfinished = `${path}.part`;
  await runSql(
    unfinished,
    `PRAGMA synchronous = OFF;
     DROP TABLE IF EXISTS orders;
     CREATE TABLE orders (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, total REAL NOT NULL, receipt BLOB NOT NULL);
     WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${SAMPLE_ORDERS.toString()})
       INSERT INTO orders SELECT i, printf('customer %05d', abs(random()) % 20000), abs(random()) % 100000 / 100.0,
         CAST(printf('%.300c', 'r') AS BLOB) || randomblob(300) FROM n;
     CREATE INDEX orders_by_customer ON orders (customer);`,
  );
  await rename(unfinished, path);
}

function runSql(path: string, sql: string): Promise<void> {
  return new Promise((done, fail) => {
    const database = new sqlite3.Database(path);
    database.exec(sql, (error) => {
      database.close();
      if (error === null) done();
      else fail(error);
    });
  });
}

async function findOrRegister(url: string, samplePath: string): Promise<string> {
  const found = await request<{ instances: { nodes: { id: string }[] } }>(
    url,
    'query ($name: String) { instances(filter: { nameContains: $name }) { nodes { id } } }',
    { name: INSTANCE_NAME },
  );
  const [existing] = found.instances.nodes;
  if (existing !== undefined) return existing.id;
  const registered = await request<{ registerInstance: { instance: { id: string } } }>(
    url,
    'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }',
    { input: { name: INSTANCE_NAME, url: `sqlite:${samplePath}` } },
  );
  print(`Registered the instance ${INSTANCE_NAME}`);
  return registered.registerInstance.instance.id;
}

interface Demo {
  readonly url: string;
  readonly client: Client;
  readonly instanceId: string;
}

/** Subscribes first, then creates the backup: what is printed is what the server streams. */
async function showBackup({ url, client, instanceId }: Demo): Promise<void> {
  const statuses = client.iterate<StatusMessage>({
    query: 'subscription ($id: ID) { instanceStatusChanged(instanceId: $id) { previousStatus status } }',
    variables: { id: instanceId },
  });
  let backup: Promise<void> | null = null;
  for await (const { data } of statuses) {
    if (data == null) continue;
    const { previousStatus, status } = data.instanceStatusChanged;
    const isBack = previousStatus !== null && status === 'AVAILABLE';
    if (isBack) await backup;
    printTransition(status);
    if (isBack) return;
    if (previousStatus === null) backup = takeBackup({ url, client, instanceId });
  }
}

async function takeBackup({ url, client, instanceId }: Demo): Promise<void> {
  const name = `demo-${new Date().toISOString().replace(/\D/g, '').slice(0, 17)}`;
  const { createBackup } = await request<{ createBackup: { backup: { id: string } } }>(
    url,
    'mutation ($input: CreateBackupInput!) { createBackup(input: $input) { backup { id } } }',
    { input: { instanceId, name, description: 'Taken by the demo' } },
  );
  const query = `subscription ($id: ID) {
    backupChanged(backupId: $id) { name status sizeBytes storedBytes progress { phase percent } failure { message } }
  }`;
  for await (const { data } of client.iterate<ProgressMessage>({ query, variables: { id: createBackup.backup.id } })) {
    if (data == null) continue;
    printProgress(data.backupChanged);
    if (data.backupChanged.status !== 'BUILDING') return;
  }
}

async function request<Data>(url: string, query: string, variables: object): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data: Data; errors?: readonly { message: string }[] };
  if (answer.errors !== undefined) throw new Error(answer.errors.map(({ message }) => message).join(' '));
  return answer.data;
}

function printTransition(status: string): void {
  print(`${new Date().toISOString().slice(11, 23)}  ${INSTANCE_NAME} is ${STATUS_LABELS[status] ?? status}`);
}

/** On a terminal the bar is drawn over itself; elsewhere each phase is a line. */
let lastPhase = '';
function printProgress({
  name,
  status,
  sizeBytes,
  storedBytes,
  progress,
  failure,
}: ProgressMessage['backupChanged']): void {
  if (progress.phase === 'QUEUED') return;
  const percent = progress.percent ?? 0;
  const filled = Math.round((percent / 100) * BAR_WIDTH);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`;
  const line = `              ${bar} ${percent.toString().padStart(3)} %  ${progress.phase.toLowerCase()}`;
  const isOver = status !== 'BUILDING';
  if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line}${isOver ? '\n' : ''}`);
  else if (progress.phase !== lastPhase) print(line);
  lastPhase = progress.phase;
  if (!isOver) return;
  const result = failure?.message ?? `${toMegabytes(sizeBytes)} in, ${toMegabytes(storedBytes)} stored, verified`;
  print(`              backup ${name} is ${status}: ${result}`);
}

function toMegabytes(bytes: number | null): string {
  return `${((bytes ?? 0) / 1_000_000).toFixed(1)} MB`;
}

function stopOnSignal(app: App): void {
  const stop = (): void => {
    app.stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

function print(text: string): void {
  console.log(text);
}

main().catch((error: unknown) => {
  console.error(messageOf(error));
  process.exit(1);
});

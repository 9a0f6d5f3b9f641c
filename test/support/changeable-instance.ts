import { expect } from 'vitest';
import { REGISTERED, take } from './api-client.js';
import type { StatusChangeMessage } from './api-client.js';
import { FakeEngine } from './fake-engine.js';
import { SqliteFile } from './sqlite.js';
import { TestApp } from './test-app.js';

/** Where the instance was registered, with a password. */
export const OLD_URL = 'fake://app:old-secret@old';

export interface ChangeableInstance extends AsyncDisposable {
  readonly app: TestApp;
  readonly engine: FakeEngine;
  readonly instanceId: string;
}

/** A server with one instance of the simulated engine. */
export async function startWithInstance(): Promise<ChangeableInstance> {
  const engine = new FakeEngine();
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', OLD_URL, { project: 'sales' });
  return { app, engine, instanceId, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

export async function readInstance(app: TestApp, id: string): Promise<Record<string, unknown>> {
  const { data } = await app.graphql(
    `query ($id: ID!) {
      instance(id: $id) { name region engineVersion role status statusReason endpoint createdAt updatedAt }
    }`,
    { id },
  );
  return data.instance as Record<string, unknown>;
}

/** What has happened since it was registered. */
export async function readChanges(app: TestApp): Promise<readonly StatusChangeMessage[]> {
  const { data } = await app.graphql('{ instances { eventCursor } }');
  const count = Number(data.instances.eventCursor) - Number(REGISTERED);
  return take(app.statusChanges({ after: REGISTERED }), count);
}

/** The URL with which the instance is backed up. */
export async function findUrl({ app, engine, instanceId }: ChangeableInstance, name = 'probing'): Promise<string> {
  let used = 'none';
  engine.script = ({ url }) => {
    used = url;
    return {};
  };
  expect((await app.takeBackup(instanceId, name)).status).toBe('COMPLETED');
  return used;
}

export async function setStatus(app: TestApp, status: string): Promise<void> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`UPDATE instances SET status = '${status}', status_reason = 'for the test'`);
}

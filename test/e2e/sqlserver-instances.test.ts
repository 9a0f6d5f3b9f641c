import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { deleteInstance, waitUntilGone } from '../support/backup-use.js';
import { LogCapture } from '../support/log-capture.js';
import { SqlServerModel } from '../support/sqlserver/sqlserver-model.js';
import { listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

let model: SqlServerModel;
let app: TestApp;
let log: LogCapture;
beforeEach(async () => {
  log = new LogCapture();
  model = await SqlServerModel.start();
  model.add('shop', { tables: { 'dbo.items': ['item'] } });
  app = await TestApp.start({ overrides: { logger: log.logger } });
});
afterEach(async () => {
  await app[Symbol.asyncDispose]();
  await model[Symbol.asyncDispose]();
});

describe('a SQL Server as an instance', () => {
  test('shows what it is, where it is, and its databases, with why some cannot be backed up', async () => {
    model.add('archive', { state: 'OFFLINE' });
    await app.register('shop', model.url());
    const query = `{ instances { nodes {
      engine engineVersion role status endpoint databases { name system unavailableReason }
    } } }`;
    const { data } = await app.graphql(query);
    const [{ databases, ...instance }] = data.instances.nodes;
    expect(instance).toEqual({
      engine: 'SQLSERVER',
      engineVersion: '16.0.4165.4',
      role: 'PRIMARY',
      status: 'AVAILABLE',
      endpoint: `sqlserver://127.0.0.1:${model.server.port.toString()}`,
    });
    expect(databases).toEqual([
      { name: 'archive', system: false, unavailableReason: expect.stringContaining('offline') },
      { name: 'master', system: true, unavailableReason: null },
      { name: 'model', system: true, unavailableReason: null },
      { name: 'msdb', system: true, unavailableReason: null },
      { name: 'shop', system: false, unavailableReason: null },
      { name: 'tempdb', system: true, unavailableReason: expect.stringContaining('made anew') },
    ]);
    expect(await readdir(model.exchange.path)).toEqual([]);
  });

  test('is refused with a sentence when it does not let the login in, and its password is nowhere', async () => {
    await using refusing = await SqlServerModel.start({
      onLogin: () => ({ number: 18456, message: "Login failed for user 'backup'." }),
    });
    const mutation =
      'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }';
    const answer = await app.graphql(mutation, { input: { name: 'shop', url: refusing.url() } });
    expect(answer.errors?.[0]).toMatchObject({
      message: expect.stringContaining('Check the user and the password in the URL'),
      extensions: { code: 'INSTANCE_UNREACHABLE' },
    });
    expect(JSON.stringify(answer) + log.text).not.toContain('s3cret');
  });

  test('goes, and its manual backups stay until they are deleted', async () => {
    const instanceId = await app.register('shop', model.url());
    const { id } = await app.takeBackup(instanceId, 'first', { databases: ['shop'], includeSystemDatabases: false });
    expect((await deleteInstance(app, instanceId)).data.deleteInstance).toMatchObject({ retainedManualBackups: 1 });
    const { data } = await app.graphql('{ instances { nodes { id } } backups { nodes { id } } }');
    expect(data).toEqual({ instances: { nodes: [] }, backups: { nodes: [{ id }] } });
    await app.graphql('mutation ($id: ID!) { deleteBackup(input: { ids: [$id] }) { results { backupId } } }', { id });
    await waitUntilGone(app, id);
    expect(await listFiles(app.artifacts)).toEqual([]);
  });
});

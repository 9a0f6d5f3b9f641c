import { rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { InstanceRole } from '../../src/domain/instance.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { take } from '../support/api-client.js';
import {
  findUrl,
  OLD_URL,
  readChanges,
  readInstance,
  setStatus,
  startWithInstance,
} from '../support/changeable-instance.js';
import { Cluster } from '../support/cluster.js';
import { FakeEngine } from '../support/fake-engine.js';
import { LogCapture } from '../support/log-capture.js';
import { hasPostgres } from '../support/services.js';
import { createSampleDatabase, SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const REASON = 'The instance was changed by a user.';

test.each([
  ['its name', { name: 'shop-2' }, { name: 'shop-2' }],
  ['its region', { region: 'eu-1' }, { region: 'eu-1' }],
  ['its URL', { url: 'fake://app:new-secret@new' }, { endpoint: 'fake://new', engineVersion: '16.2' }],
  [
    'all of that at once',
    { name: 'shop-2', region: 'eu-1', url: 'fake://new' },
    { name: 'shop-2', region: 'eu-1', endpoint: 'fake://new', engineVersion: '16.2' },
  ],
  ['its name to what it is', { name: 'shop', region: null, url: null }, {}],
])('changes %s, leaves the rest as it is, and says so', async (_what, changes, expected) => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const before = await readInstance(app, instanceId);
  engine.engineVersion = '16.2';

  const { data, errors } = await app.updateInstance(instanceId, changes);

  expect(errors).toBeUndefined();
  const after = await readInstance(app, instanceId);
  expect(data.updateInstance.instance).toMatchObject({ id: instanceId, project: 'sales', ...expected });
  expect({ ...after, updatedAt: null }).toEqual({ ...before, ...expected, updatedAt: null });
  expect(await readChanges(app)).toMatchObject([
    { previousStatus: 'AVAILABLE', status: 'AVAILABLE', reason: REASON, backup: null, instance: { id: instanceId } },
  ]);
  expect(await findUrl(subject)).toBe('url' in changes && changes.url !== null ? changes.url : OLD_URL);
});

test('tells a subscriber of the change as it happens', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  const changes = app.statusChanges({ instanceId });
  await changes.next();

  await app.updateInstance(instanceId, { name: 'shop-2' });
  const { value } = await changes.next();
  await changes.return();

  expect(value).toMatchObject({ status: 'AVAILABLE', reason: REASON, instance: { name: 'shop-2' } });
});

test('takes the role that the instance has at its new URL', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  engine.role = InstanceRole.STANDBY;

  const { data } = await app.updateInstance(instanceId, { url: 'fake://new' });

  expect(data.updateInstance.instance.role).toBe('STANDBY');
  expect((await app.createBackup(instanceId, 'first')).errors?.[0]?.extensions.code).toBe('INSTANCE_NOT_PRIMARY');
});

test('keeps what backups were named after: they tell of the instance as it was', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  const { id } = await app.takeBackup(instanceId, 'first');

  await app.updateInstance(instanceId, { name: 'shop-2', region: 'eu-1' });

  const { data } = await app.graphql(
    'query ($id: ID!) { backup(id: $id) { instanceName region instance { name region } } }',
    { id },
  );
  expect(data.backup).toEqual({
    instanceName: 'shop',
    region: 'local',
    instance: { name: 'shop-2', region: 'eu-1' },
  });
});

test('is made although the instance was renamed while its new URL was asked, and keeps the new name', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const asked = engine.holdQuestions();
  const updating = app.updateInstance(instanceId, { url: 'fake://new' });
  await asked.reached();
  await app.updateInstance(instanceId, { name: 'shop-2' });
  asked.release();

  const { data } = await updating;

  expect(data.updateInstance.instance).toMatchObject({ name: 'shop-2', endpoint: 'fake://new' });
});

test('a backup that is being created meanwhile tells of the instance as it is after the change', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const asked = engine.holdQuestions();
  const creating = app.createBackup(instanceId, 'first', { databases: ['main'] });
  await asked.reached();

  await app.updateInstance(instanceId, { name: 'shop-2', region: 'north' });
  asked.release();

  const { data } = await creating;
  const query = 'query ($id: ID!) { backup(id: $id) { instanceName region } }';
  const { data: read } = await app.graphql(query, { id: data.createBackup.backup.id });
  expect(read.backup).toEqual({ instanceName: 'shop-2', region: 'north' });
});

test('makes an ABNORMAL instance AVAILABLE by a URL that answers, and by that alone', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  await setStatus(app, 'ABNORMAL');

  const renamed = await app.updateInstance(instanceId, { name: 'shop-2' });
  const moved = await app.updateInstance(instanceId, { url: 'fake://new' });

  expect(renamed.data.updateInstance.instance).toMatchObject({ status: 'ABNORMAL', statusReason: 'for the test' });
  expect(moved.data.updateInstance.instance).toMatchObject({
    name: 'shop-2',
    status: 'AVAILABLE',
    statusReason: null,
    endpoint: 'fake://new',
  });
  expect(await readChanges(app)).toMatchObject([
    { previousStatus: 'ABNORMAL', status: 'ABNORMAL', reason: REASON },
    { previousStatus: 'ABNORMAL', status: 'AVAILABLE', reason: REASON },
  ]);
  expect(await findUrl(subject)).toBe('fake://new');
});

test('I7: a new password is sealed anew, and shows in no answer, log line or event', async () => {
  const log = new LogCapture();
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine], logger: log.logger } });
  const instanceId = await app.register('shop', 'fake://app:old-secret@db1');
  await using catalog = await SqliteFile.open(app.catalogFile);
  const readSealed = (): Promise<unknown[]> => catalog.all('SELECT sealed_url FROM instances');
  const before = await readSealed();

  const answers: unknown[] = [await app.updateInstance(instanceId, { url: 'fake://app:new-secret@db1' })];
  const after = await readSealed();
  engine.fault = new EngineUnreachableError('the login was refused.');
  answers.push(await app.updateInstance(instanceId, { url: 'fake://app:new-secret@db2' }));
  engine.fault = new Error('an error nobody expected');
  answers.push(await app.updateInstance(instanceId, { url: 'fake://app:new-secret@db3' }));
  answers.push(await app.updateInstance(instanceId, { url: 'other://app:new-secret@db3' }));
  answers.push(await app.updateInstance(instanceId, { url: ['fake://app:new-secret@db3', 1] }));
  answers.push(await readChanges(app), await readInstance(app, instanceId));

  expect(after).not.toEqual(before);
  expect(await readSealed()).toEqual(after);
  const told = JSON.stringify([answers, after]) + log.text;
  expect(told).toContain('fake://db1');
  expect(told).toContain('instance changed');
  expect(told).not.toContain('new-secret');
  expect(told).not.toContain('old-secret');
});

test('follows a SQLite file that was moved', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample('shop');
  const moved = app.dir.join('moved.db');
  await createSampleDatabase(moved);
  await rm(app.dir.join('shop.db'));
  expect((await app.takeBackup(instanceId, 'first')).failure?.code).toBe('ENGINE_UNREACHABLE');
  expect(await app.statusOf(instanceId)).toBe('ABNORMAL');

  const { data } = await app.updateInstance(instanceId, { url: `sqlite:${moved}` });

  expect(data.updateInstance.instance).toMatchObject({ status: 'AVAILABLE', endpoint: `sqlite:${moved}` });
  const { status, databases } = await app.takeBackup(instanceId, 'second');
  expect([status, databases.map(({ name }) => name)]).toEqual(['COMPLETED', ['moved.db']]);
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('changes an instance once for all servers, and refuses a name that is taken', async () => {
    await using cluster = await Cluster.create();
    const overrides = { engines: [new FakeEngine()] };
    await using first = await TestApp.start({ env: cluster.env, overrides });
    await using second = await TestApp.start({ env: cluster.env, overrides });
    const instanceId = await first.register('shop', 'fake://old');
    const holder = await first.register('blog', 'fake://blog');

    const { data } = await second.updateInstance(instanceId, { name: 'shop-2', url: 'fake://new' });
    const { errors } = await second.updateInstance(instanceId, { name: 'blog' });

    expect(data.updateInstance.instance).toMatchObject({ name: 'shop-2', endpoint: 'fake://new' });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_NAME_TAKEN', instanceId: holder });
    const [, , change] = await take(first.statusChanges({ after: '0' }), 3);
    expect(change).toMatchObject({ reason: REASON, instance: { name: 'shop-2' } });
  });

  test('makes every one of many changes at the same time, on two servers, one after the other', async () => {
    await using cluster = await Cluster.create();
    const overrides = { engines: [new FakeEngine()] };
    await using first = await TestApp.start({ env: cluster.env, overrides });
    await using second = await TestApp.start({ env: cluster.env, overrides });
    const instanceId = await first.register('shop', 'fake://old');

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? first : second).updateInstance(instanceId, { region: `region-${index.toString()}` }),
      ),
    );

    expect(answers.filter(({ errors }) => errors !== undefined)).toEqual([]);
    const { data } = await first.graphql('{ instances { eventCursor nodes { region } } }');
    expect(data.instances).toMatchObject({ eventCursor: '21', nodes: [{ region: expect.stringMatching(/^region-/) }] });
  });
});

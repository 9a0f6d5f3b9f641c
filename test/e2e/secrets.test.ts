import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { FakeEngine } from '../support/fake-engine.js';
import { LogCapture } from '../support/log-capture.js';
import { TestApp } from '../support/test-app.js';

const PASSWORD = 'correct-horse-battery-staple';
const URL_WITH_PASSWORD = `fake://backup:${PASSWORD}@db1:1433`;
const REGISTER = `mutation ($input: RegisterInstanceInput!) {
  registerInstance(input: $input) { instance { id name endpoint databases { name } } }
}`;

async function readAllFiles(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const contents = await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')));
  return contents.join('\n');
}

test('I7: a password is in no response, no log line and no file, whether its instance answers or not', async () => {
  const engine = new FakeEngine();
  const log = new LogCapture();
  await using app = await TestApp.start({ overrides: { engines: [engine], logger: log.logger } });
  const register = (name: string): Promise<unknown> =>
    app.graphql(REGISTER, { input: { name, url: URL_WITH_PASSWORD } });
  const answers: unknown[] = [];

  engine.fault = new EngineUnreachableError('the login was refused.');
  answers.push(await register('refused'));
  engine.fault = new Error('an error nobody expected');
  answers.push(await register('surprised'));
  engine.fault = null;
  answers.push(await register('accepted'));
  answers.push(await register('accepted'));
  answers.push(await app.graphql(REGISTER, { input: { name: '1', url: URL_WITH_PASSWORD } }));
  answers.push(await app.graphql(REGISTER, { input: { name: 'broken', url: URL_WITH_PASSWORD, more: 1 } }));
  answers.push(
    await app.graphql(REGISTER, { input: { name: 'other', url: URL_WITH_PASSWORD.replace('fake', 'db2') } }),
  );
  answers.push(await app.graphqlOverWebSocket(REGISTER, { input: { name: 'broken', url: [URL_WITH_PASSWORD, 1] } }));
  const list = await app.graphql('{ instances { nodes { id name endpoint statusReason } } }');
  answers.push(list);
  const instanceId = list.data.instances.nodes[0].id as string;
  answers.push(await app.takeBackup(instanceId, 'first'));
  engine.fault = new EngineUnreachableError('the login was refused.');
  answers.push(await app.takeBackup(instanceId, 'second'));
  answers.push(await app.graphql('{ instances { nodes { databases { name } } } }'));
  answers.push(await (await fetch(`${app.url}/metrics`)).text());

  expect(list.data.instances.nodes).toMatchObject([{ name: 'accepted', endpoint: 'fake://db1:1433' }]);
  expect(JSON.stringify(answers)).not.toContain(PASSWORD);
  expect(log.entries.length).toBeGreaterThan(5);
  expect(log.text).not.toContain(PASSWORD);
  expect(await readAllFiles(app.dataDir)).not.toContain(PASSWORD);
});

test('I7: a SQLite URL with credentials, where none belong, is refused without being repeated', async () => {
  const log = new LogCapture();
  await using app = await TestApp.start({ overrides: { logger: log.logger } });

  const { errors } = await app.graphql(REGISTER, {
    input: { name: 'shop', url: `sqlite://backup:${PASSWORD}@db1/srv/shop.db` },
  });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'url', rule: 'path' }] });
  expect(JSON.stringify(errors)).not.toContain(PASSWORD);
  expect(log.text).not.toContain(PASSWORD);
});

async function registerAndStop(app: TestApp): Promise<{ dir: TestApp['dir']; instanceId: string }> {
  const instanceId = await app.register('shop', URL_WITH_PASSWORD);
  await app.app.stop();
  return { dir: app.dir, instanceId };
}

test('I7: the generated key is readable by its owner alone, and the sealed URL opens after a restart', async () => {
  const engine = new FakeEngine();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const { dir, instanceId } = await registerAndStop(first);
  const { mode } = await stat(dir.join('data', 'secret.key'));

  expect(mode & 0o777).toBe(0o600);
  await using second = await TestApp.start({ dir, overrides: { engines: [engine] } });
  expect((await second.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('I7: another SECRET_KEY makes backups refused with a hint, not the server', async () => {
  const engine = new FakeEngine();
  await using first = await TestApp.start({ overrides: { engines: [engine] } });
  const { dir, instanceId } = await registerAndStop(first);
  const env = { SECRET_KEY: Buffer.alloc(32, 7).toString('base64') };
  await using second = await TestApp.start({ dir, env, overrides: { engines: [engine] } });

  const { errors } = await second.createBackup(instanceId, 'first');

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_UNREACHABLE', endpoint: 'fake://db1:1433' });
  expect(errors?.[0]?.message).toContain('SECRET_KEY');
  expect(await second.statusOf(instanceId)).toBe('AVAILABLE');
});

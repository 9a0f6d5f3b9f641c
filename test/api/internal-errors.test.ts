import { expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { LogCapture } from '../support/log-capture.js';
import { TestApp } from '../support/test-app.js';

const REGISTER = 'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }';
const INPUT = { name: 'shop', url: 'fake://db1' };

test('masks an error that it did not expect, and logs it under the id that it tells', async () => {
  const engine = new FakeEngine();
  engine.fault = new TypeError('wires crossed in /opt/secret/place');
  const log = new LogCapture();
  await using app = await TestApp.start({ overrides: { engines: [engine], logger: log.logger } });

  const { errors, status } = await app.graphql(REGISTER, { input: INPUT });

  expect(status).toBe(200);
  const [error] = errors ?? [];
  const errorId: unknown = error?.extensions.errorId;
  expect(error?.extensions).toEqual({
    code: 'INTERNAL_SERVER_ERROR',
    retryable: false,
    errorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(error?.message).toContain(errorId);
  expect(JSON.stringify(errors)).not.toMatch(/wires|TypeError|\.ts|stack/);
  const [entry, ...others] = log.entries.filter((line) => line.errorId === errorId);
  expect(others).toEqual([]);
  expect(entry).toMatchObject({ level: 50, err: { type: 'TypeError', message: engine.fault.message } });
});

test('masks it over WebSocket, too, under an id of its own', async () => {
  const engine = new FakeEngine();
  engine.fault = new TypeError('wires crossed');
  const log = new LogCapture();
  await using app = await TestApp.start({ overrides: { engines: [engine], logger: log.logger } });

  const { errors } = await app.graphqlOverWebSocket(REGISTER, { input: INPUT });

  expect(errors?.[0]?.extensions.code).toBe('INTERNAL_SERVER_ERROR');
  expect(JSON.stringify(errors)).not.toContain('wires');
  expect(log.entries.filter((line) => line.errorId === errors?.[0]?.extensions.errorId)).toHaveLength(1);
});

test('logs no error for what is the fault of the client', async () => {
  const log = new LogCapture();
  await using app = await TestApp.start({ overrides: { logger: log.logger } });

  await app.graphql('{ nope }');
  await app.graphql(REGISTER, { input: { name: '1', url: 'x' } });
  await app.graphqlOverWebSocket('{ nope }');

  expect(log.entries.filter(({ level }) => level >= 40)).toEqual([]);
});

import { expect, test } from 'vitest';
import type { GraphqlAnswerError } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const CREATE = 'mutation ($input: CreateBackupInput!) { createBackup(input: $input) { backup { id } } }';
const REGISTER = 'mutation ($input: RegisterInstanceInput!) { registerInstance(input: $input) { instance { id } } }';
const LIST = 'query ($first: Int, $filter: BackupFilter) { backups(first: $first, filter: $filter) { totalCount } }';

type Faulty = readonly [what: string, query: string, variables?: Record<string, unknown>];

const FAULTY: readonly Faulty[] = [
  ['a syntax error', '{ backups {'],
  ['an unknown field', '{ nope }'],
  ['an unknown argument', '{ backup(id: 1, x: 2) { id } }'],
  ['a literal of the wrong type', '{ backups(filter: { startedAfter: "yesterday" }) { totalCount } }'],
  ['several operations and no name', 'query A { backups { totalCount } } query B { backups { totalCount } }'],
  ['a missing variable', CREATE],
  ['a variable of the wrong type', LIST, { first: 'ten' }],
  ['a time that is none', LIST, { filter: { startedAfter: 'yesterday' } }],
  ['an unknown enum value', LIST, { filter: { status: 'LOST' } }],
  ['an unknown input field', REGISTER, { input: { name: 'shop', url: 'fake://user:hunter2@db', password: 'x' } }],
  ['a missing input field', REGISTER, { input: { url: 'fake://user:hunter2@db' } }],
  ['a list for a text', REGISTER, { input: { name: 'shop', url: ['fake://user:hunter2@db', 'b'] } }],
  ['a page that is too long', LIST, { first: 101 }],
  ['a name that breaks the rule', CREATE, { input: { instanceId: 'x', name: '1' } }],
  ['a foreign cursor', '{ instances(after: "x") { totalCount } }'],
  ['an unknown scheme', REGISTER, { input: { name: 'shop', url: 'oracle://user:hunter2@db' } }],
  ['an instance that does not answer', REGISTER, { input: { name: 'shop', url: 'sqlite:/nowhere/at/all.db' } }],
  ['an instance that is not there', CREATE, { input: { instanceId: 'nobody', name: 'first' } }],
  [
    'too many aliases',
    `{ ${Array.from({ length: 31 }, (_, i) => `a${i.toString()}: backup(id: "x") { id }`).join(' ')} }`,
  ],
  ['too dear an operation', '{ instances(first: 100) { nodes { backups(first: 100) { nodes { id name } } } } }'],
  ['an unexpected error', REGISTER, { input: { name: 'shop', url: 'fake://db' } }],
];

function withoutIds(errors: readonly GraphqlAnswerError[] | undefined): unknown {
  return JSON.parse(JSON.stringify(errors).replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, '<errorId>')) as unknown;
}

test('the same fault gives the same errors over HTTP and over WebSocket', async () => {
  const engine = new FakeEngine();
  engine.fault = new TypeError('a bug');
  await using app = await TestApp.start({ overrides: { engines: [engine] } });

  for (const [what, query, variables] of FAULTY) {
    const overHttp = await app.graphql(query, variables);
    const overWebSocket = await app.graphqlOverWebSocket(query, variables);

    expect(overHttp.errors, what).toBeDefined();
    expect(withoutIds(overWebSocket.errors), what).toEqual(withoutIds(overHttp.errors));
    for (const { extensions } of overHttp.errors ?? []) {
      expect(extensions.code, what).toMatch(/^[A-Z_]+$/);
      expect(extensions.retryable, what).toEqual(expect.any(Boolean));
    }
    expect(JSON.stringify([overHttp, overWebSocket]), what).not.toContain('hunter2');
  }
});

test('a variable of the wrong type is the fault of the client, and is named by its path', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(LIST, { filter: { startedAfter: 'yesterday' } });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'BAD_USER_INPUT',
    retryable: false,
    fields: [
      {
        path: 'filter.startedAfter',
        rule: 'type',
        message: expect.stringContaining('DateTime cannot represent an invalid date-time-string'),
      },
    ],
  });
});

test('a refused subscription gives the same errors as the query of the same thing', async () => {
  await using app = await TestApp.start();

  const subscription = await app.graphqlOverWebSocket('subscription { backupChanged(backupId: "nobody") { id } }');
  const status = await app.graphqlOverWebSocket('subscription { instanceStatusChanged(instanceId: "nobody") { id } }');
  const cursor = await app.graphqlOverWebSocket('subscription { instanceStatusChanged(after: "-1") { id } }');

  expect(subscription.errors?.[0]?.extensions).toEqual({
    code: 'BACKUP_NOT_FOUND',
    retryable: false,
    backupId: 'nobody',
  });
  expect(status.errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_NOT_FOUND', instanceId: 'nobody' });
  expect(cursor.errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'after', rule: 'cursor' }],
  });
});

import { getIntrospectionQuery } from 'graphql';
import { expect, test } from 'vitest';
import { ask } from '../support/api-client.js';
import { TestApp } from '../support/test-app.js';

const AT_MOST = { tokens: 2000, depth: 12, aliases: 30, cost: 10_000 };

function aliases(count: number): string {
  return `{ ${Array.from({ length: count }, (_, index) => `a${index.toString()}: backup(id: "x") { id }`).join(' ')} }`;
}

/** instances, nodes, activeBackup, then instance and activeBackup in turns. */
function nested(levels: number): string {
  let query = 'id';
  for (let level = levels - 1; level > 2; level -= 1) {
    query = level % 2 === 1 ? `activeBackup { ${query} }` : `instance { ${query} }`;
  }
  return `{ instances(first: 1) { nodes { ${query} } } }`;
}

test.each([
  ['levels of fields', AT_MOST.depth, nested(AT_MOST.depth + 4)],
  ['levels of fields', AT_MOST.depth, `query { ...f } fragment f on Query ${nested(AT_MOST.depth + 4)}`],
  ['aliases', AT_MOST.aliases, aliases(AT_MOST.aliases + 1)],
  ['tokens', AT_MOST.tokens, `{ ${'__typename '.repeat(AT_MOST.tokens)} }`],
  ['points of cost', AT_MOST.cost, '{ instances(first: 100) { nodes { backups(first: 100) { nodes { id name } } } } }'],
])('refuses an operation beyond the limit of %s, on both transports', async (measure, limit, query) => {
  await using app = await TestApp.start();
  const expected = { code: 'QUERY_TOO_COMPLEX', retryable: false, limit, measure };

  const overHttp = await app.graphql(query);
  const overWebSocket = await app.graphqlOverWebSocket(query);

  expect(overHttp.status).toBe(400);
  expect(overHttp.errors?.[0]?.extensions).toEqual(expected);
  expect(overWebSocket.errors?.[0]?.extensions).toEqual(expected);
});

test('refuses a cost that comes from a variable', async () => {
  await using app = await TestApp.start();
  const query = `query ($n: Int) { instances(first: $n) { nodes { backups(first: $n) { nodes { id name } } } } }`;

  expect((await app.graphql(query, { n: 100 })).errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
  expect((await app.graphql(query, { n: 10 })).errors).toBeUndefined();
});

test('lets a negative page pay for no other', async () => {
  await using app = await TestApp.start();
  const { errors } = await app.graphql(`{
    big: instances(first: 100) { nodes { backups(first: 100) { nodes { id name } } } }
    less: instances(first: -20000) { nodes { id } }
  }`);
  expect(errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
});

test('refuses a subscription by POST, and says where to go', async () => {
  await using app = await TestApp.start();
  const { status, errors } = await app.graphql('subscription { backupChanged { id } }');
  expect(status).toBe(400);
  expect(errors?.[0]).toMatchObject({
    message: expect.stringContaining('WebSocket'),
    extensions: { code: 'BAD_REQUEST', retryable: false },
  });
});

test('allows what stays within the limits', async () => {
  await using app = await TestApp.start();

  for (const query of [aliases(AT_MOST.aliases), nested(8), '{ backups(first: 100) { nodes { id name status } } }']) {
    expect((await app.graphql(query)).errors).toBeUndefined();
  }
});

test("answers GraphiQL's whole introspection query, on both transports", async () => {
  await using app = await TestApp.start();
  const query = getIntrospectionQuery({
    descriptions: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    directiveIsRepeatable: true,
    specifiedByUrl: true,
  });

  const overHttp = await app.graphql(query);
  const overWebSocket = await app.graphqlOverWebSocket(query);

  expect(overHttp.errors).toBeUndefined();
  expect(overHttp.data.__schema.types.length).toBeGreaterThan(20);
  expect(overWebSocket).toEqual({ data: overHttp.data });
});

test('refuses a body of more than 256 kB, in the shape of any error', async () => {
  await using app = await TestApp.start();

  const response = await app.post(JSON.stringify({ query: `{ __typename } #${'x'.repeat(256 * 1024)}` }));

  expect(response.status).toBe(413);
  const { errors } = (await response.json()) as { errors: { extensions: object }[] };
  expect(errors[0]?.extensions).toMatchObject({ retryable: false });
  expect((await app.graphql('{ __typename }')).errors).toBeUndefined();
});

test('refuses the 101st operation of one socket, which goes on with the other hundred', async () => {
  await using app = await TestApp.start();
  const client = app.webSocketClient({ lazy: false });
  const subscribe = (): (() => void) =>
    client.subscribe(
      { query: 'subscription { backupChanged { id } }' },
      { next: ignore, error: ignore, complete: ignore },
    );
  const open = Array.from({ length: 100 }, subscribe);

  const refused = await ask(client, '{ __typename }');

  expect(refused.errors?.[0]?.extensions).toMatchObject({
    code: 'SERVICE_OVERLOADED',
    retryable: true,
    reason: expect.stringContaining('at most 100 operations'),
  });
  open[0]?.();
  expect(await ask(client, '{ __typename }')).toEqual({ data: { __typename: 'Query' } });
});

test('answers a broken body with errors, not with a page', async () => {
  await using app = await TestApp.start();

  for (const body of ['{', '[]', '"x"', '{"query": 1}', '']) {
    const response = await app.post(body);
    expect(response.status, body).toBe(400);
    const { errors } = (await response.json()) as { errors: { extensions: object }[] };
    expect(errors[0]?.extensions, body).toEqual({ code: 'BAD_REQUEST', retryable: false });
  }
});

function ignore(): void {
  // What these subscriptions bring does not matter.
}

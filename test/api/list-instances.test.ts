import { expect, test } from 'vitest';
import { InstanceRole } from '../../src/domain/instance.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const LIST = `query ($first: Int, $after: String, $filter: InstanceFilter, $orderBy: InstanceOrder) {
  instances(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    eventCursor
    totalCount
    nodes { id name }
    edges { cursor node { id name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

/** An app whose clock advances a second each time it is read, so that creation times differ. */
async function startWithFake(engine = new FakeEngine()): Promise<TestApp> {
  let milliseconds = Date.parse('2026-03-01T10:00:00Z');
  const clock = (): Date => new Date((milliseconds += 1000));
  return TestApp.start({ overrides: { engines: [engine], clock } });
}

async function listNames(app: TestApp, variables: Record<string, unknown> = {}): Promise<string[]> {
  const { data, errors } = await app.graphql(LIST, variables);
  expect(errors).toBeUndefined();
  return (data.instances.nodes as { name: string }[]).map(({ name }) => name);
}

test('lists nothing when there is nothing', async () => {
  await using app = await TestApp.start();

  const { data } = await app.graphql(LIST);

  expect(data.instances).toEqual({
    eventCursor: '0',
    totalCount: 0,
    nodes: [],
    edges: [],
    pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  });
});

test('gives page after page, each instance once, with the same cursors in edges and pageInfo', async () => {
  await using app = await startWithFake();
  for (const name of ['delta', 'alpha', 'echo', 'bravo', 'charlie']) await app.register(name, `fake://${name}`);

  const seen: string[] = [];
  let after: string | null = null;
  for (const [names, hasNextPage] of [
    [['alpha', 'bravo'], true],
    [['charlie', 'delta'], true],
    [['echo'], false],
  ] as const) {
    const answer = await app.graphql(LIST, { first: 2, after });
    const page = answer.data.instances as {
      totalCount: number;
      nodes: { id: string; name: string }[];
      edges: { cursor: string; node: object }[];
      pageInfo: object;
    };
    expect(page.nodes.map(({ name }) => name)).toEqual(names);
    expect(page.edges.map(({ node }) => node)).toEqual(page.nodes);
    expect(page.totalCount).toBe(5);
    expect(page.pageInfo).toEqual({
      hasNextPage,
      hasPreviousPage: after !== null,
      startCursor: page.edges[0]?.cursor,
      endCursor: page.edges.at(-1)?.cursor,
    });
    after = page.edges.at(-1)?.cursor ?? null;
    seen.push(...page.nodes.map(({ id }) => id));
  }
  expect(new Set(seen).size).toBe(5);
});

test('sorts by name and by creation, both ways', async () => {
  await using app = await startWithFake();
  for (const name of ['zulu', 'alpha', 'Mike']) await app.register(name, `fake://${name}`);
  const by = (field: string, direction: string): Promise<string[]> => listNames(app, { orderBy: { field, direction } });

  expect(await by('NAME', 'ASC')).toEqual(['Mike', 'alpha', 'zulu']);
  expect(await by('NAME', 'DESC')).toEqual(['zulu', 'alpha', 'Mike']);
  expect(await by('CREATED_AT', 'ASC')).toEqual(['zulu', 'alpha', 'Mike']);
  expect(await by('CREATED_AT', 'DESC')).toEqual(['Mike', 'alpha', 'zulu']);
  expect(await listNames(app, { orderBy: null, filter: null, after: null })).toEqual(['Mike', 'alpha', 'zulu']);
});

test('filters by every field, alone and together', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const busy = await app.register('busy-shop', 'fake://a', { project: 'sales', region: 'eu-1' });
  engine.role = InstanceRole.STANDBY;
  await app.register('idle-shop', 'fake://b', { project: 'sales', region: 'us-1' });
  engine.role = InstanceRole.PRIMARY;
  await app.registerSample('notes_100');
  const backupId = await app.beginBackup(busy, 'first');
  const by = (filter: object): Promise<string[]> => listNames(app, { filter });

  expect(await by({ project: 'sales' })).toEqual(['busy-shop', 'idle-shop']);
  expect(await by({ region: 'us-1' })).toEqual(['idle-shop']);
  expect(await by({ engine: 'SQLITE' })).toEqual(['notes_100']);
  expect(await by({ status: 'BACKING_UP' })).toEqual(['busy-shop']);
  expect(await by({ role: 'STANDBY' })).toEqual(['idle-shop']);
  expect(await by({ nameContains: 'SHOP' })).toEqual(['busy-shop', 'idle-shop']);
  expect(await by({ nameContains: '_1' })).toEqual(['notes_100']);
  expect(await by({ nameContains: '%' })).toEqual([]);
  expect(await by({ project: 'sales', role: 'PRIMARY', status: 'BACKING_UP', nameContains: 'b' })).toEqual([
    'busy-shop',
  ]);
  expect(await by({ project: null, region: null, engine: null, status: null, role: null })).toHaveLength(3);
  expect(await by({ project: 'sal\0es' })).toEqual([]);
  hold.release();
  await app.waitForEnd(backupId);
});

test('counts what the filter matches', async () => {
  await using app = await startWithFake();
  for (const name of ['shop', 'shop-2', 'notes']) await app.register(name, `fake://${name}`);

  const { data } = await app.graphql(LIST, { first: 1, filter: { nameContains: 'shop' } });

  expect(data.instances.totalCount).toBe(2);
});

test.each([0, -1, 101])('refuses a page of %i', async (first) => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(LIST, { first });

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'first', message: 'first must be a number from 1 to 100.' }],
  });
});

test('refuses to look for a name that is longer than any', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(LIST, { filter: { nameContains: 'n'.repeat(65) } });

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [
      {
        path: 'filter.nameContains',
        rule: 'maxLength',
        message: 'A name to look for consists of a maximum of 64 characters.',
      },
    ],
  });
});

test('takes pages of 1 and 100, and null for the default', async () => {
  await using app = await startWithFake();
  await app.register('shop', 'fake://shop');

  for (const first of [1, 100, null]) expect(await listNames(app, { first })).toEqual(['shop']);
});

test.each([
  ['that is no cursor', 'x'],
  ['that is empty', ''],
  ['that is JSON of another shape', Buffer.from('["NAME"]').toString('base64url')],
  ['of another order', Buffer.from('["CREATED_AT","ASC",1,"x"]').toString('base64url')],
  ['whose key is of the wrong type', Buffer.from('["NAME","ASC",1,"x"]').toString('base64url')],
])('refuses a cursor %s', async (_what, after) => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(LIST, { after });

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'after', rule: 'cursor' }],
  });
});

test('gives one instance by its id, and null for an id that is none', async () => {
  await using app = await startWithFake();
  const id = await app.register('shop', 'fake://user:secret@db1');
  const query = 'query ($id: ID!) { instance(id: $id) { id name endpoint } }';

  expect((await app.graphql(query, { id })).data).toEqual({ instance: { id, name: 'shop', endpoint: 'fake://db1' } });
  for (const stranger of ['nobody', '', 'a\0b']) {
    expect(await app.graphql(query, { id: stranger })).toMatchObject({ data: { instance: null } });
  }
});

test('asks the instance itself for its databases, and says when it does not answer', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const id = await app.register('shop', 'fake://db1');
  const query = 'query ($id: ID!) { instance(id: $id) { databases { name sizeBytes system } } }';

  engine.databases = [{ name: 'huge', sizeBytes: 5_000_000_000_000, system: false }];
  expect((await app.graphql(query, { id })).data.instance.databases).toEqual(engine.databases);

  engine.fault = new EngineUnreachableError('nobody is at home.');
  const { errors, data } = await app.graphql(query, { id });
  expect(data.instance).toBeNull();
  expect(errors?.[0]?.path).toEqual(['instance', 'databases']);
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'INSTANCE_UNREACHABLE', reason: 'nobody is at home.' });
});

test('nests its own backups with their own page, filter and count', async () => {
  await using app = await startWithFake();
  const shop = await app.register('shop', 'fake://a');
  const notes = await app.register('notes', 'fake://b');
  for (const name of ['one-shop', 'two-shop', 'three-shop']) await app.takeBackup(shop, name);
  await app.takeBackup(notes, 'one-notes');

  const { data } = await app.graphql(`{
    instances {
      nodes {
        name
        newest: backups(first: 2) { totalCount nodes { name } pageInfo { hasNextPage endCursor } }
        named: backups(filter: { nameContains: "one" }) { totalCount nodes { name } }
        failed: backups(filter: { status: FAILED }) { totalCount nodes { name } }
      }
    }
  }`);

  expect(data.instances.nodes).toEqual([
    {
      name: 'notes',
      newest: {
        totalCount: 1,
        nodes: [{ name: 'one-notes' }],
        pageInfo: { hasNextPage: false, endCursor: expect.any(String) },
      },
      named: { totalCount: 1, nodes: [{ name: 'one-notes' }] },
      failed: { totalCount: 0, nodes: [] },
    },
    {
      name: 'shop',
      newest: {
        totalCount: 3,
        nodes: [{ name: 'three-shop' }, { name: 'two-shop' }],
        pageInfo: { hasNextPage: true, endCursor: expect.any(String) },
      },
      named: { totalCount: 1, nodes: [{ name: 'one-shop' }] },
      failed: { totalCount: 0, nodes: [] },
    },
  ]);
  const rest = await app.graphql(
    'query ($id: ID!, $after: String) { instance(id: $id) { backups(after: $after) { nodes { name } } } }',
    { id: shop, after: data.instances.nodes[1].newest.pageInfo.endCursor },
  );
  expect(rest.data.instance.backups.nodes).toEqual([{ name: 'one-shop' }]);
});

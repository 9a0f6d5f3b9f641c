import { expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const LIST = `query ($first: Int, $after: String, $filter: BackupFilter, $orderBy: BackupOrder) {
  backups(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    totalCount
    nodes { id name }
    edges { cursor node { id name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const START = Date.parse('2026-03-01T10:00:00Z');
const MINUTE_MS = 60_000;

/** Holds the clock, so that a test decides when each backup starts. */
class TestClock {
  minute = 0;
  readonly read = (): Date => new Date(START + this.minute * MINUTE_MS);

  at(minute: number): string {
    return new Date(START + minute * MINUTE_MS).toISOString();
  }
}

async function startWithFake(engine = new FakeEngine(), clock = new TestClock()): Promise<TestApp> {
  return TestApp.start({ overrides: { engines: [engine], clock: clock.read } });
}

async function listNames(app: TestApp, variables: Record<string, unknown> = {}): Promise<string[]> {
  const { data, errors } = await app.graphql(LIST, variables);
  expect(errors).toBeUndefined();
  return (data.backups.nodes as { name: string }[]).map(({ name }) => name);
}

test('tells all about a completed backup', async () => {
  const engine = new FakeEngine();
  engine.databases = [
    { name: 'orders', sizeBytes: 5000, system: false },
    { name: 'master', sizeBytes: 3000, system: true },
  ];
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const { id } = await app.takeBackup(instanceId, 'first', { description: 'by hand' });

  const { data } = await app.graphql(
    `query ($id: ID!) {
      backup(id: $id) {
        id name description type status project region instanceId instanceName engine engineVersion
        instance { id name status }
        databases { name system originalBytes storedBytes sha256 }
        progress { phase bytesDone bytesTotal percent }
        sizeBytes storedBytes startedAt completedAt failure { code message occurredAt } verifiedAt
      }
    }`,
    { id },
  );

  const time = new Date(START).toISOString();
  const sha256 = expect.stringMatching(/^[0-9a-f]{64}$/) as unknown;
  const { databases, storedBytes } = data.backup as { databases: { storedBytes: number }[]; storedBytes: number };
  expect(data.backup).toEqual({
    id,
    name: 'first',
    description: 'by hand',
    type: 'MANUAL',
    status: 'COMPLETED',
    project: 'default',
    region: 'local',
    instanceId,
    instanceName: 'shop',
    engine: 'SQLSERVER',
    engineVersion: '15.0',
    instance: { id: instanceId, name: 'shop', status: 'AVAILABLE' },
    databases: [
      { name: 'orders', system: false, originalBytes: 5000, storedBytes: expect.any(Number), sha256 },
      { name: 'master', system: true, originalBytes: 3000, storedBytes: expect.any(Number), sha256 },
    ],
    progress: { phase: 'DONE', bytesDone: 8000, bytesTotal: 8000, percent: 100 },
    sizeBytes: 8000,
    storedBytes: databases.reduce((sum, database) => sum + database.storedBytes, 0),
    startedAt: time,
    completedAt: time,
    failure: null,
    verifiedAt: time,
  });
  expect(storedBytes).toBeGreaterThan(0);
});

test('tells why a backup has failed', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  engine.script = () => ({ content: [] });
  const { id } = await app.takeBackup(instanceId, 'first');

  const { data } = await app.graphql(
    `query ($id: ID!) {
      backup(id: $id) { status sizeBytes completedAt verifiedAt progress { phase percent } failure { code message occurredAt } }
    }`,
    { id },
  );

  const time = new Date(START).toISOString();
  expect(data.backup).toMatchObject({
    status: 'FAILED',
    sizeBytes: null,
    completedAt: time,
    verifiedAt: null,
    progress: { phase: 'DONE' },
    failure: { code: 'DUMP_FAILED', message: 'The dump of database main is empty.', occurredAt: time },
  });
  expect(data.backup.progress.percent).toBeLessThan(100);
});

test('gives null for a backup that is none', async () => {
  await using app = await TestApp.start();

  expect(await app.graphql('{ backup(id: "nobody") { id } }')).toEqual({ status: 200, data: { backup: null } });
});

test('gives page after page, newest first, each backup once, also when they started at the same time', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');
  for (const name of ['backup-1', 'backup-2', 'backup-3', 'backup-4', 'backup-5']) {
    await app.takeBackup(instanceId, name);
  }

  const seen: string[] = [];
  let after: string | null = null;
  for (const count of [2, 2, 1]) {
    const { data } = await app.graphql(LIST, { first: 2, after });
    const { totalCount, nodes, edges, pageInfo } = data.backups as {
      totalCount: number;
      nodes: { name: string }[];
      edges: { cursor: string; node: object }[];
      pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string; endCursor: string };
    };
    expect([totalCount, nodes.length]).toEqual([5, count]);
    expect(edges.map(({ node }) => node)).toEqual(nodes);
    expect(pageInfo).toMatchObject({ startCursor: edges[0]?.cursor, endCursor: edges.at(-1)?.cursor });
    expect([pageInfo.hasNextPage, pageInfo.hasPreviousPage]).toEqual([count === 2, after !== null]);
    after = pageInfo.endCursor;
    seen.push(...nodes.map(({ name }) => name));
  }
  expect(seen).toEqual(['backup-5', 'backup-4', 'backup-3', 'backup-2', 'backup-1']);
});

test('sorts by name and by start, both ways', async () => {
  const clock = new TestClock();
  await using app = await startWithFake(new FakeEngine(), clock);
  const instanceId = await app.register('shop', 'fake://db1');
  for (const name of ['zulu', 'alpha', 'Mike']) {
    clock.minute += 1;
    await app.takeBackup(instanceId, name);
  }
  const by = (field: string, direction: string): Promise<string[]> => listNames(app, { orderBy: { field, direction } });

  expect(await by('NAME', 'ASC')).toEqual(['Mike', 'alpha', 'zulu']);
  expect(await by('NAME', 'DESC')).toEqual(['zulu', 'alpha', 'Mike']);
  expect(await by('STARTED_AT', 'ASC')).toEqual(['zulu', 'alpha', 'Mike']);
  expect(await by('STARTED_AT', 'DESC')).toEqual(['Mike', 'alpha', 'zulu']);
  expect(await listNames(app)).toEqual(['Mike', 'alpha', 'zulu']);
});

test('filters by every field, alone and together', async () => {
  const clock = new TestClock();
  const engine = new FakeEngine();
  await using app = await startWithFake(engine, clock);
  const shop = await app.register('shop', 'fake://a', { project: 'sales', region: 'eu-1' });
  const notes = await app.registerSample('notes');
  await app.takeBackup(shop, 'at-noon');
  engine.script = () => ({ content: [] });
  clock.minute = 10;
  await app.takeBackup(shop, 'At_Night');
  clock.minute = 20;
  await app.takeBackup(notes, 'weekly');
  const by = (filter: object): Promise<string[]> => listNames(app, { filter });

  expect(await by({ project: 'sales' })).toEqual(['At_Night', 'at-noon']);
  expect(await by({ region: 'local' })).toEqual(['weekly']);
  expect(await by({ instanceId: shop })).toEqual(['At_Night', 'at-noon']);
  expect(await by({ type: 'MANUAL' })).toHaveLength(3);
  expect(await by({ type: 'AUTOMATED' })).toEqual([]);
  expect(await by({ status: 'FAILED' })).toEqual(['At_Night']);
  expect(await by({ engine: 'SQLITE' })).toEqual(['weekly']);
  expect(await by({ nameContains: 'AT' })).toEqual(['At_Night', 'at-noon']);
  expect(await by({ nameContains: 't_n' })).toEqual(['At_Night']);
  expect(await by({ startedAfter: clock.at(10) })).toEqual(['weekly', 'At_Night']);
  expect(await by({ startedBefore: clock.at(10) })).toEqual(['at-noon']);
  expect(await by({ startedAfter: clock.at(1), startedBefore: clock.at(20), project: 'sales' })).toEqual(['At_Night']);
  expect(await by({ status: null, startedAfter: null, instanceId: null })).toHaveLength(3);
  const { data } = await app.graphql(LIST, { first: 1, filter: { project: 'sales' } });
  expect(data.backups.totalCount).toBe(2);
});

test('refuses a page beyond the bounds, a foreign cursor, and a time that is none', async () => {
  await using app = await TestApp.start();
  const pathOf = async (variables: object): Promise<unknown> => {
    const { errors } = await app.graphql(LIST, { ...variables });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
    return (errors?.[0]?.extensions.fields as { path: string }[])[0]?.path;
  };

  expect(await pathOf({ first: 0 })).toBe('first');
  expect(await pathOf({ first: 101 })).toBe('first');
  expect(await pathOf({ after: 'x' })).toBe('after');
  expect(await pathOf({ filter: { startedAfter: 'yesterday' } })).toBe('filter.startedAfter');
});

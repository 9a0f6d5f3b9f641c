import { expect, test } from 'vitest';
import { beginRestore, verify } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { collectReads } from '../support/statement-count.js';
import { TestApp } from '../support/test-app.js';

const SMALL_PAGE = 5;
const LARGE_PAGE = 25;

/** One branch a query: whether two branches share a batch is a matter of timing. */
const QUERIES = [
  'query ($first: Int) { instances(first: $first) { totalCount nodes { name databases { name } } } }',
  'query ($first: Int) { instances(first: $first) { nodes { activeBackup { databases { name } instance { name } } } } }',
  `query ($first: Int) {
    instances(first: $first) {
      nodes { backups(first: 2) { totalCount nodes { name databases { name sha256 } instance { name } } } }
    }
  }`,
  `query ($first: Int) {
    backups(first: $first) {
      totalCount
      nodes { name progress { percent } databases { name sha256 } instance { name activeBackup { name } } }
    }
  }`,
];

const QUERIES_OF_RESTORES = [
  'query ($first: Int) { restores(first: $first) { totalCount nodes { backup { name verification { status } } } } }',
  'query ($first: Int) { restores(first: $first) { nodes { targetInstance { name activeRestore { id } } } } }',
  'query ($first: Int) { backups(first: $first) { nodes { verification { level status } instance { name } } } }',
  'query ($first: Int) { instances(first: $first) { nodes { activeRestore { databases { name } backup { name } } } } }',
  'query ($first: Int) { auditEvents(first: $first) { totalCount nodes { action details } } }',
];

/** An app with so many instances, each with a backup that is being created. */
async function startFull(engine: FakeEngine, count: number): Promise<TestApp> {
  const app = await TestApp.start({
    env: { MAX_CONCURRENT_BACKUPS: '64' },
    overrides: { engines: [engine] },
  });
  const names = Array.from({ length: count }, (_, index) => `shop-${index.toString()}`);
  const ids = await Promise.all(names.map((name) => app.register(name, `fake://${name}`)));
  await Promise.all(ids.map((id, index) => app.beginBackup(id, `begun-${index.toString()}`)));
  return app;
}

/** A statement without the lists that grow with the page. */
function toShape(sql: string): string {
  return sql
    .replace(/\?(, \?)*/g, '?')
    .replace(/ UNION ALL .*? AS p\d+/g, '')
    .replace(/LIMIT \d+/g, 'LIMIT');
}

/** That each query reads a page of 25 with as many statements as one of 5. */
async function expectConstant(app: TestApp, queries: readonly string[]): Promise<void> {
  for (const query of queries) {
    const statementsOf = async (first: number): Promise<readonly string[]> =>
      collectReads(async () => {
        const { data, errors } = await app.graphql(query, { first });
        expect(errors).toBeUndefined();
        expect(Object.values(data as Record<string, { nodes: unknown[] }>)[0]?.nodes).toHaveLength(first);
      });

    const few = await statementsOf(SMALL_PAGE);
    const many = await statementsOf(LARGE_PAGE);

    expect(many.map(toShape).sort()).toEqual(few.map(toShape).sort());
    expect(few.length).toBeLessThan(8);
  }
}

test('a page of 25 costs as many statements as a page of 5, whatever is nested in it', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  const app = await startFull(engine, LARGE_PAGE);
  await hold.reached(LARGE_PAGE);
  try {
    await expectConstant(app, QUERIES);
  } finally {
    hold.release();
    await app[Symbol.asyncDispose]();
  }
});

test('so does a page of what is restored, verified and written to the audit log', { timeout: 120_000 }, async () => {
  const engine = new FakeEngine();
  await using app = await startFull(engine, LARGE_PAGE);
  const { data } = await app.graphql('{ backups(first: 100) { nodes { id instanceId } } }');
  const backups = data.backups.nodes as { id: string; instanceId: string }[];
  await Promise.all(backups.map(({ id }) => app.waitForEnd(id)));
  await Promise.all(backups.map(({ id }) => verify(app, id, 'CHECKSUM')));
  const hold = engine.holdRestores();
  await Promise.all(
    backups.map(({ id: backupId, instanceId: targetInstanceId }) =>
      beginRestore(app, { backupId, targetInstanceId, overwrite: true }),
    ),
  );
  await hold.reached(LARGE_PAGE);
  try {
    await expectConstant(app, QUERIES_OF_RESTORES);
  } finally {
    hold.release();
  }
});

test('counts only when the count is asked for', async () => {
  await using app = await TestApp.start();

  const statements = await collectReads(async () => {
    await app.graphql('{ instances { nodes { id } } backups { nodes { id } } }');
  });

  expect(statements.filter((sql) => /COUNT\(/i.test(sql))).toEqual([]);
});

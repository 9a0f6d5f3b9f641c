import { expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { collectReads } from '../support/statement-count.js';
import { TestApp } from '../support/test-app.js';

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

test('a page of 50 costs as many statements as a page of 5, whatever is nested in it', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  const app = await startFull(engine, 50);
  await hold.reached(50);
  try {
    for (const query of QUERIES) {
      const statementsOf = async (first: number): Promise<readonly string[]> =>
        collectReads(async () => {
          const { data, errors } = await app.graphql(query, { first });
          expect(errors).toBeUndefined();
          expect((data.instances ?? data.backups).nodes).toHaveLength(first);
        });

      const few = await statementsOf(5);
      const many = await statementsOf(50);

      expect(many.map(toShape).sort()).toEqual(few.map(toShape).sort());
      expect(few.length).toBeLessThan(8);
    }
  } finally {
    hold.release();
    await app[Symbol.asyncDispose]();
  }
});

test('counts only when the count is asked for', async () => {
  await using app = await TestApp.start();

  const statements = await collectReads(async () => {
    await app.graphql('{ instances { nodes { id } } backups { nodes { id } } }');
  });

  expect(statements.filter((sql) => /COUNT\(/i.test(sql))).toEqual([]);
});

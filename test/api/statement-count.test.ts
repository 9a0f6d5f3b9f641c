import { expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { collectReads } from '../support/statement-count.js';
import { TestApp } from '../support/test-app.js';

const INSTANCES = `query ($first: Int) {
  instances(first: $first) {
    totalCount
    nodes {
      name
      databases { name }
      activeBackup { name databases { name } instance { name } }
      backups(first: 2) { totalCount nodes { name databases { name sha256 } instance { name } } }
    }
  }
}`;

const BACKUPS = `query ($first: Int) {
  backups(first: $first) {
    totalCount
    nodes { name progress { percent } databases { name sha256 } instance { name activeBackup { name } } }
  }
}`;

async function startFull(engine: FakeEngine, count: number): Promise<TestApp> {
  const app = await TestApp.start({ env: { MAX_CONCURRENT_BACKUPS: '64' }, overrides: { engines: [engine] } });
  const names = Array.from({ length: count }, (_, index) => `shop-${index.toString()}`);
  const ids = await Promise.all(names.map((name) => app.register(name, `fake://${name}`)));
  const hold = engine.hold();
  await Promise.all(ids.map((id, index) => app.beginBackup(id, `begun-${index.toString()}`)));
  await hold.reached(count);
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
  const app = await startFull(engine, 50);
  const hold = engine.hold();
  try {
    for (const [query, field] of [
      [INSTANCES, 'instances'],
      [BACKUPS, 'backups'],
    ] as const) {
      const statementsOf = async (first: number): Promise<readonly string[]> =>
        collectReads(async () => {
          const { data, errors } = await app.graphql(query, { first });
          expect(errors).toBeUndefined();
          expect(data[field].nodes).toHaveLength(first);
        });

      const few = await statementsOf(5);
      const many = await statementsOf(50);

      expect(many.map(toShape)).toEqual(few.map(toShape));
      expect(few.length).toBeLessThan(12);
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

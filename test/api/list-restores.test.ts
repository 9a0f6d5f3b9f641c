import { expect, test } from 'vitest';
import { codeOf, deleteEach, deleteInstance, restore, waitUntilGone } from '../support/backup-use.js';
import { FakeEngine } from '../support/fake-engine.js';
import { TestApp } from '../support/test-app.js';

const FIELDS = `id status project backupId backupName backup { id } targetInstanceId targetInstanceName
  targetInstance { id } databases { name restoreAs } overwrite startedAt completedAt failure { code message occurredAt }
  progress { phase bytesDone bytesTotal percent }`;

async function start(): Promise<{ app: TestApp; engine: FakeEngine; shop: string; other: string; backupId: string }> {
  const engine = new FakeEngine();
  const app = await TestApp.start({ overrides: { engines: [engine] } });
  const shop = await app.register('shop', 'fake://db1');
  const other = await app.register('other', 'fake://db2');
  const { id: backupId } = await app.takeBackup(shop, 'first');
  return { app, engine, shop, other, backupId };
}

test('gives every field of a restore, also when its backup and its target are gone', async () => {
  const { app, engine, shop, other, backupId } = await start();
  await using _app = app;
  engine.stageFault = new Error('broken');
  const { id } = await restore(app, { backupId, targetInstanceId: other, overwrite: true });
  const query = `query ($id: ID!) { restore(id: $id) { ${FIELDS} } }`;
  const expected = {
    ...{ id, status: 'FAILED', project: 'default', backupId, backupName: 'first', overwrite: true },
    ...{
      backup: { id: backupId },
      targetInstance: { id: other },
      targetInstanceId: other,
      targetInstanceName: 'other',
    },
    databases: [{ name: 'main', restoreAs: 'main' }],
    failure: { code: 'RESTORE_FAILED', message: expect.any(String), occurredAt: expect.any(String) },
    progress: { phase: 'DONE', bytesDone: expect.any(Number), bytesTotal: 10_000, percent: expect.any(Number) },
    startedAt: expect.any(String),
    completedAt: expect.any(String),
  };

  expect((await app.graphql(query, { id })).data.restore).toEqual(expected);
  await deleteEach(app, [backupId]);
  await waitUntilGone(app, backupId);
  for (const instanceId of [shop, other]) await deleteInstance(app, instanceId);

  expect((await app.graphql(query, { id })).data.restore).toEqual({ ...expected, backup: null, targetInstance: null });
  expect((await app.graphql(query, { id: 'none' })).data.restore).toBeNull();
  expect((await app.graphql(query, { id: 'a\0b' })).data.restore).toBeNull();
});

test('lists restores newest first, a page at a time, by each filter', async () => {
  const { app, shop, other, backupId } = await start();
  await using _app = app;
  const ids: string[] = [];
  for (const targetInstanceId of [shop, other, shop]) {
    ids.push((await restore(app, { backupId, targetInstanceId, overwrite: true })).id);
  }
  const list = async (args: string): Promise<readonly string[]> => {
    const { data, errors } = await app.graphql(`{ restores(${args}) { totalCount nodes { id } } }`);
    expect(errors).toBeUndefined();
    return data.restores.nodes.map(({ id }: { id: string }) => id);
  };

  expect(await list('first: 10')).toEqual([...ids].reverse());
  expect(await list('orderBy: { field: STARTED_AT, direction: ASC }')).toEqual(ids);
  expect(await list(`filter: { targetInstanceId: "${other}" }`)).toEqual([ids[1]]);
  expect(await list(`filter: { backupId: "${backupId}", project: "default", status: COMPLETED }`)).toHaveLength(3);
  expect(await list('filter: { status: FAILED }')).toEqual([]);
  const { data } = await app.graphql('{ restores(first: 2) { totalCount pageInfo { hasNextPage endCursor } } }');
  expect(data.restores).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  expect(await list(`after: "${String(data.restores.pageInfo.endCursor)}"`)).toEqual([ids[0]]);
});

test.each(['first: 0', 'first: 101', 'after: "nonsense"'])('refuses a page with %s', async (args) => {
  await using app = await TestApp.start();

  expect(codeOf(await app.graphql(`{ restores(${args}) { nodes { id } } }`))).toBe('BAD_USER_INPUT');
});

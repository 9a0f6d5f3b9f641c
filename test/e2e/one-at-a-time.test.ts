import { describe, expect, test } from 'vitest';
import { FakeEngine } from '../support/fake-engine.js';
import { hasPostgres, ScratchPostgres } from '../support/services.js';
import { TestApp } from '../support/test-app.js';

const RIVALS = 200;

async function race(apps: readonly TestApp[], instanceId: string): Promise<readonly string[]> {
  const answers = await Promise.all(
    Array.from({ length: RIVALS / apps.length }, (_, index) =>
      apps.map((app, server) => app.createBackup(instanceId, `rival-${index.toString()}-${server.toString()}`)),
    ).flat(),
  );
  return answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'CREATED');
}

/** Holds the winner's dump until every rival was answered, so that none can win after it. */
async function expectOneWinner(apps: readonly TestApp[], engine: FakeEngine): Promise<void> {
  const [app] = apps;
  if (app === undefined) throw new RangeError('no server to ask');
  const instanceId = await app.register('shop', 'fake://db1');
  const hold = engine.hold();

  const codes = await race(apps, instanceId);

  expect(codes.filter((code) => code === 'CREATED')).toHaveLength(1);
  expect(codes.filter((code) => code === 'BACKUP_IN_PROGRESS')).toHaveLength(RIVALS - 1);
  const { data } = await app.graphql('{ backups { totalCount nodes { id } } }');
  expect(data.backups.totalCount).toBe(1);
  hold.release();
  expect((await app.waitForEnd(data.backups.nodes[0].id as string)).status).toBe('COMPLETED');
  expect(engine.mostAtOnce).toBe(1);
}

test('I1: of 200 createBackup at the same time exactly one wins', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });

  await expectOneWinner([app], engine);
});

test('I1: backups of one instance never overlap, however eagerly they are asked for', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({
    env: { MAX_CONCURRENT_BACKUPS: '8' },
    overrides: { engines: [engine] },
  });
  const instanceId = await app.register('shop', 'fake://db1');
  const askUntilCreated = async (name: string): Promise<string> => {
    for await (const { status } of app.statusChanges({ instanceId })) {
      if (status !== 'AVAILABLE') continue;
      const { errors, data } = await app.createBackup(instanceId, name);
      if (errors === undefined) return data.createBackup.backup.id as string;
      expect(errors[0]?.extensions.code).toBe('BACKUP_IN_PROGRESS');
    }
    throw new Error('the subscription ended');
  };

  const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => askUntilCreated(`eager-${index.toString()}`)));
  await Promise.all(ids.map((id) => app.waitForEnd(id)));

  expect(engine.mostAtOnce).toBe(1);
  const { data } = await app.graphql('{ backups { nodes { status } } }');
  expect(data.backups.nodes).toEqual(ids.map(() => ({ status: 'COMPLETED' })));
});

test('I1: one name is taken by one of many instances that ask for it at the same time', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, index) => app.register(`shop-${index.toString()}`, `fake://${index.toString()}`)),
  );

  const answers = await Promise.all(ids.map((id) => app.createBackup(id, 'nightly')));

  const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'CREATED');
  expect(codes.filter((code) => code === 'CREATED')).toHaveLength(1);
  expect(codes.filter((code) => code === 'BACKUP_NAME_TAKEN')).toHaveLength(19);
  const { data } = await app.graphql('{ instances(filter: { status: BACKING_UP }) { totalCount } }');
  expect(data.instances.totalCount).toBeLessThanOrEqual(1);
});

describe.skipIf(!hasPostgres)('on a PostgreSQL catalog', () => {
  test('I1: of 200 createBackup on two servers at the same time exactly one wins', async () => {
    await using postgres = await ScratchPostgres.create();
    const engine = new FakeEngine();
    const env = { DATABASE_URL: postgres.url, SECRET_KEY: Buffer.alloc(32, 1).toString('base64') };
    await using first = await TestApp.start({ env, overrides: { engines: [engine] } });
    await using second = await TestApp.start({
      env: { ...env, ARTIFACT_STORE: first.artifacts },
      overrides: { engines: [engine] },
    });

    await expectOneWinner([first, second], engine);
  });
});

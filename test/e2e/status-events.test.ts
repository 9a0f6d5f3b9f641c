import { expect, test } from 'vitest';
import { REGISTERED, take } from '../support/api-client.js';
import type { StatusChangeMessage } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

async function startWithFake(engine = new FakeEngine()): Promise<TestApp> {
  return TestApp.start({ overrides: { engines: [engine] } });
}

function toSteps(changes: readonly StatusChangeMessage[]): readonly string[] {
  return changes.map(
    ({ previousStatus, status, backup }) => `${previousStatus ?? '-'} ${status} ${backup?.name ?? '-'}`,
  );
}

/** The log itself, as the catalog has it. */
async function readLog(app: TestApp): Promise<readonly string[]> {
  await using catalog = await SqliteFile.open(app.catalogFile);
  const rows = await catalog.all<{ id: number }>('SELECT id FROM status_changes ORDER BY id');
  return rows.map(({ id }) => id.toString());
}

test('I2: the first message is the current state, and its id resumes from there', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');
  await app.takeBackup(instanceId, 'before');

  const [first] = await take(app.statusChanges({ instanceId }), 1);
  await app.takeBackup(instanceId, 'after');
  const changes = await take(app.statusChanges({ instanceId, after: first?.id ?? '' }), 2);

  expect(first).toMatchObject({ previousStatus: null, status: 'AVAILABLE', reason: null, backup: null });
  expect(toSteps(changes)).toEqual(['AVAILABLE BACKING_UP after', 'BACKING_UP AVAILABLE after']);
  expect(changes.map(({ reason }) => reason)).toEqual(['Backup after is being created.', 'Backup after is completed.']);
});

test('I2: the current state of an instance that is being backed up names the backup', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const backupId = await app.beginBackup(instanceId, 'first');

  const changes = app.statusChanges({ instanceId });
  const first = await changes.next();
  hold.release();
  const second = await changes.next();
  await changes.return();

  expect(first.value).toMatchObject({ previousStatus: null, status: 'BACKING_UP', backup: { id: backupId } });
  expect(second.value).toMatchObject({ previousStatus: 'BACKING_UP', status: 'AVAILABLE' });
});

test('I2: after "0" every event is replayed, then live ones follow, of all instances or of one', async () => {
  await using app = await startWithFake();
  const shop = await app.register('shop', 'fake://a');
  const notes = await app.register('notes', 'fake://b');
  await app.takeBackup(shop, 'shop-1');
  await app.takeBackup(notes, 'notes-1');

  const all = take(app.statusChanges({ after: '0' }), 8);
  const ofShop = take(app.statusChanges({ instanceId: shop, after: '0' }), 5);
  await app.takeBackup(shop, 'shop-2');

  expect((await all).map(({ id }) => id)).toEqual(await readLog(app));
  expect(toSteps(await all)).toEqual([
    'AVAILABLE AVAILABLE -',
    'AVAILABLE AVAILABLE -',
    'AVAILABLE BACKING_UP shop-1',
    'BACKING_UP AVAILABLE shop-1',
    'AVAILABLE BACKING_UP notes-1',
    'BACKING_UP AVAILABLE notes-1',
    'AVAILABLE BACKING_UP shop-2',
    'BACKING_UP AVAILABLE shop-2',
  ]);
  expect((await ofShop).every(({ instance }) => instance.id === shop)).toBe(true);
});

test('I2: without a cursor or an instance only what happens from then on comes', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');
  await app.takeBackup(instanceId, 'before');
  const changes = app.statusChanges();
  const next = changes.next();
  // Another subscription's first message comes after the server has heard of both.
  await take(app.statusChanges({ instanceId }), 1);

  const { data } = await app.graphql('{ instances { eventCursor } }');
  await app.takeBackup(instanceId, 'after');
  const first = await next;
  await changes.return();

  expect(first.value?.backup?.name).toBe('after');
  expect(Number(first.value?.id)).toBeGreaterThan(Number(data.instances.eventCursor));
});

test('I2: a subscription after the eventCursor of a list misses nothing that the list does not show', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');
  await app.takeBackup(instanceId, 'before');

  const { data } = await app.graphql('{ instances { eventCursor nodes { status } } }');
  await app.takeBackup(instanceId, 'after');
  const changes = await take(app.statusChanges({ after: data.instances.eventCursor as string }), 2);

  expect(toSteps(changes)).toEqual(['AVAILABLE BACKING_UP after', 'BACKING_UP AVAILABLE after']);
});

test('I2: a client that keeps losing its connection sees every event once, in order', async () => {
  await using app = await startWithFake();
  const ids = await Promise.all(['a', 'b', 'c'].map((host) => app.register(`shop-${host}`, `fake://${host}`)));
  const backups = Promise.all(
    ids.map(async (id, index) => {
      for (let round = 1; round <= 5; round += 1) await app.takeBackup(id, `b-${index.toString()}-${round.toString()}`);
    }),
  );

  const seen: string[] = [];
  while (seen.length < 33) {
    // Each connection is broken off after two messages, whatever more was on its way.
    const changes = app.statusChanges({ after: seen.at(-1) ?? '0' });
    for (const { id } of await take(changes, Math.min(2, 33 - seen.length))) seen.push(id);
  }
  await backups;

  expect(seen).toEqual(await readLog(app));
});

test('I2: a cursor outlives a restart of the server, and ids go on growing', async () => {
  const engine = new FakeEngine();
  await using first = await startWithFake(engine);
  const { dir } = first;
  const instanceId = await first.register('shop', 'fake://db1');
  await first.takeBackup(instanceId, 'before');
  const [known] = await take(first.statusChanges({ after: REGISTERED }), 1);
  await first.app.stop();

  await using second = await TestApp.start({ dir, overrides: { engines: [engine] } });
  const changes = take(second.statusChanges({ after: known?.id ?? '' }), 3);
  await second.takeBackup(instanceId, 'after');

  expect(toSteps(await changes)).toEqual([
    'BACKING_UP AVAILABLE before',
    'AVAILABLE BACKING_UP after',
    'BACKING_UP AVAILABLE after',
  ]);
});

test('I2: many subscribers, new ones all the time, all see the same events in the same order', async () => {
  await using app = await startWithFake();
  const ids = await Promise.all(['a', 'b'].map((host) => app.register(`shop-${host}`, `fake://${host}`)));
  const subscribers: Promise<StatusChangeMessage[]>[] = [];
  const subscribe = (): void => {
    for (let count = 0; count < 10; count += 1) subscribers.push(take(app.statusChanges({ after: '0' }), 18));
  };

  for (let round = 1; round <= 4; round += 1) {
    subscribe();
    await Promise.all(ids.map((id, index) => app.takeBackup(id, `b-${index.toString()}-${round.toString()}`)));
  }

  const log = await readLog(app);
  expect(log).toHaveLength(18);
  for (const subscriber of subscribers) expect((await subscriber).map(({ id }) => id)).toEqual(log);
});

test('I2: a replay longer than one batch comes whole and in order', async () => {
  const engine = new FakeEngine();
  await using first = await startWithFake(engine);
  const { dir } = first;
  const instanceId = await first.register('shop', 'fake://db1');
  await first.app.stop();
  await using catalog = await SqliteFile.open(first.catalogFile);
  await catalog.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1250)
    INSERT INTO status_changes (instance_id, previous_status, status, occurred_at)
    SELECT '${instanceId}', 'AVAILABLE', 'BACKING_UP', i FROM n`);
  await using second = await TestApp.start({ dir, overrides: { engines: [engine] } });

  const changes = take(second.statusChanges({ after: '0' }), 1253);
  await second.takeBackup(instanceId, 'first');

  expect((await changes).map(({ id }) => Number(id))).toEqual(Array.from({ length: 1253 }, (_, index) => index + 1));
});

test('I2: a registration is an event: whoever follows all instances hears of a new one, also from a cursor', async () => {
  await using app = await startWithFake();
  const changes = app.statusChanges({ after: '0' });
  const next = changes.next();

  const instanceId = await app.register('shop', 'fake://db1');

  const registered = {
    id: REGISTERED,
    previousStatus: 'AVAILABLE',
    status: 'AVAILABLE',
    reason: 'Instance shop is registered.',
    instance: { id: instanceId, name: 'shop' },
    backup: null,
  };
  expect((await next).value).toEqual(registered);
  await changes.return();
  await expect(app.register('shop', 'fake://db1')).rejects.toThrow('already has an instance named shop');
  await app.register('notes', 'fake://db2');
  const [first, second] = await take(app.statusChanges({ after: '0' }), 2);
  expect(first).toEqual(registered);
  expect(second?.reason).toBe('Instance notes is registered.');
});

import { expect, test } from 'vitest';
import { auditEvents, codeOf, deleteInstance } from '../support/backup-use.js';
import { readPolicy, setBackupPolicy, setPolicy, TestTime } from '../support/backup-policies.js';
import { FakeEngine } from '../support/fake-engine.js';
import { collectReads } from '../support/statement-count.js';
import { TestApp } from '../support/test-app.js';

const EVERY_DAY = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'];
/** A Monday. */
const NOW = '2026-03-02T10:00:00.000Z';

async function start(time = new TestTime(NOW)): Promise<TestApp> {
  return TestApp.start({ overrides: { engines: [new FakeEngine()], ...time.overrides } });
}

test('an instance has no policy until one is set', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  expect(await readPolicy(app, instanceId)).toBeNull();
});

test('a policy says when the next backup comes; by default it is for every day, and keeps a week', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  const policy = await setPolicy(app, { instanceId, startTime: '12:15' });

  expect(policy).toEqual({
    enabled: true,
    keepDays: 7,
    startTime: '12:15',
    weekdays: EVERY_DAY,
    nextBackupAt: '2026-03-02T12:45:00.000Z',
    lastBackupAt: null,
    lastMissedAt: null,
    lastMissedReason: null,
    updatedAt: NOW,
  });
  expect(await readPolicy(app, instanceId)).toEqual(policy);
});

test('null means the default, and days come in the order of the week', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  const { weekdays } = await setPolicy(app, { instanceId, weekdays: ['SUNDAY', 'FRIDAY', 'MONDAY'] });
  expect(weekdays).toEqual(['MONDAY', 'FRIDAY', 'SUNDAY']);
  const policy = await setPolicy(app, { instanceId, weekdays: null, keepDays: null });
  expect(policy).toMatchObject({ weekdays: EVERY_DAY, keepDays: 7 });
});

test('a policy that is set is an event of its instance, which stays as it is, also while it is busy', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await TestApp.start({ overrides: { engines: [engine], ...new TestTime(NOW).overrides } });
  const instanceId = await app.register('shop', 'fake://shop');
  const backupId = await app.beginBackup(instanceId, 'first');
  await hold.reached();
  const readUpdatedAt = async (): Promise<unknown> =>
    (await app.graphql('{ instances { nodes { updatedAt statusReason } } }')).data;
  const before = await readUpdatedAt();
  const changes = app.statusChanges({ instanceId });
  await changes.next();

  await setPolicy(app, { instanceId, weekdays: ['MONDAY', 'FRIDAY'], keepDays: 30 });

  expect((await changes.next()).value).toMatchObject({
    previousStatus: 'BACKING_UP',
    status: 'BACKING_UP',
    reason: 'The backup policy is set: enabled, from 12:00 UTC, MONDAY, FRIDAY, kept for 30 days.',
    instance: { id: instanceId },
    backup: null,
  });
  expect(await readUpdatedAt()).toEqual(before);
  hold.release();
  await app.waitForEnd(backupId);
  expect((await changes.next()).value).toMatchObject({ previousStatus: 'BACKING_UP', status: 'AVAILABLE' });
  await setPolicy(app, { instanceId, enabled: false });
  expect((await changes.next()).value).toMatchObject({
    previousStatus: 'AVAILABLE',
    status: 'AVAILABLE',
    reason: 'The backup policy is set: disabled, from 12:00 UTC, every day, kept for 7 days.',
  });
  await changes.return();
});

test('a policy is set in place of the one before; a disabled one takes no backups', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');
  await setPolicy(app, { instanceId, keepDays: 732, weekdays: ['SUNDAY'] });

  const disabled = await setPolicy(app, { instanceId, enabled: false, keepDays: 1 });

  expect(disabled).toMatchObject({ enabled: false, keepDays: 1, weekdays: EVERY_DAY, nextBackupAt: null });
  expect(await readPolicy(app, instanceId)).toEqual(disabled);
});

test.each([
  ['keepDays', 'min', { keepDays: 0 }],
  ['keepDays', 'max', { keepDays: 733 }],
  ['startTime', 'matches', { startTime: '12:10' }],
  ['startTime', 'matches', { startTime: '24:00' }],
  ['startTime', 'matches', { startTime: '2:00' }],
  ['startTime', 'matches', { startTime: '12:00:00' }],
  ['weekdays', 'arrayMinSize', { weekdays: [] }],
  ['weekdays', 'arrayUnique', { weekdays: ['MONDAY', 'SUNDAY', 'MONDAY'] }],
])('refuses %s that breaks the rule %s: %j', async (path, rule, input) => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  const { errors } = await setBackupPolicy(app, { instanceId, ...input });

  const [fault] = errors?.[0]?.extensions.fields ?? [];
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  expect(fault).toMatchObject({ path, rule, message: expect.stringMatching(/^(keepDays|The) .+\.$/) });
  expect(await readPolicy(app, instanceId)).toBeNull();
});

test('refuses a day that there is not, and an instance that there is not', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  expect(codeOf(await setBackupPolicy(app, { instanceId, weekdays: ['SOMEDAY'] }))).toBe('BAD_USER_INPUT');
  expect(codeOf(await setBackupPolicy(app, { instanceId: 'nobody' }))).toBe('INSTANCE_NOT_FOUND');
});

test('the audit log tells who set which policy, and who was refused', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');
  await setPolicy(app, { instanceId, weekdays: ['MONDAY', 'SUNDAY'] });
  await setBackupPolicy(app, { instanceId: 'nobody' });

  const events = await auditEvents(app, { action: 'SET_BACKUP_POLICY' });

  expect(events).toMatchObject([
    {
      ...{ outcome: 'COMPLETED', code: null, instanceId, caller: 'local-operator' },
      details: 'Instance shop: enabled, from 12:00 UTC, MONDAY, SUNDAY, kept for 7 days.',
    },
    { outcome: 'REFUSED', code: 'INSTANCE_NOT_FOUND', instanceId: 'nobody' },
  ]);
});

test('many who set a policy at once leave one of theirs, whole', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');

  const set = await Promise.all(
    Array.from({ length: 20 }, (_, index) => setPolicy(app, { instanceId, keepDays: index + 1 })),
  );

  expect(set).toContainEqual(await readPolicy(app, instanceId));
  expect(await auditEvents(app, { action: 'SET_BACKUP_POLICY' })).toHaveLength(20);
});

test('a policy goes with its instance', async () => {
  await using app = await start();
  const instanceId = await app.register('shop', 'fake://shop');
  await setPolicy(app, { instanceId });

  expect(codeOf(await deleteInstance(app, instanceId))).toBe('ACCEPTED');

  expect(codeOf(await setBackupPolicy(app, { instanceId }))).toBe('INSTANCE_NOT_FOUND');
});

test('the policies of a page of instances cost one statement', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()], tickMs: 3_600_000 } });
  const names = Array.from({ length: 20 }, (_, index) => `shop-${index.toString()}`);
  const ids = await Promise.all(names.map((name) => app.register(name, `fake://${name}`)));
  await Promise.all(ids.slice(5).map((instanceId) => setPolicy(app, { instanceId })));

  const statements = await collectReads(async () => {
    const { data } = await app.graphql('{ instances(first: 20) { nodes { backupPolicy { keepDays } } } }');
    const set = (data.instances.nodes as { backupPolicy: unknown }[]).filter((each) => each.backupPolicy !== null);
    expect(set).toHaveLength(15);
  });

  expect(statements.filter((sql) => sql.includes('backup_policies'))).toHaveLength(1);
});

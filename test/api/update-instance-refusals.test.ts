import { expect, test } from 'vitest';
import { INSTANCE_NAME, MAX_URL_LENGTH, REGION_NAME } from '../../src/domain/naming.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import {
  findUrl,
  OLD_URL,
  readChanges,
  readInstance,
  setStatus,
  startWithInstance,
} from '../support/changeable-instance.js';
import { createSampleDatabase } from '../support/sqlite.js';

const FAULTS = [
  ['nothing at all', {}, 'input', 'change', 'Give at least one of name, url and region.'],
  ['nothing but nulls', { name: null, url: null, region: null }, 'input', 'change', /at least one/],
  ['a name of three characters', { name: 'abc' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['an empty name', { name: '' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['a region with a space', { region: 'eu 1' }, 'region', 'matches', REGION_NAME.sentence],
  ['a URL that is too long', { url: `fake://${'h'.repeat(MAX_URL_LENGTH)}` }, 'url', 'maxLength', /maximum of 2048/],
  ['a URL of a product that nobody knows', { url: 'oracle://scott:tiger@db1' }, 'url', 'scheme', /starts with one of/],
  ['an empty URL', { url: '' }, 'url', 'scheme', /starts with one of/],
] as const;

test.each(FAULTS)(
  'refuses %s, in whole sentences, and changes nothing',
  async (...[, changes, path, rule, message]) => {
    await using subject = await startWithInstance();
    const { app, instanceId } = subject;
    const before = await readInstance(app, instanceId);

    const { data, errors } = await app.updateInstance(instanceId, changes);

    expect(data).toBeNull();
    expect(errors?.[0]?.message).toMatch(message);
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path, rule }] });
    expect(JSON.stringify(errors)).not.toContain('tiger');
    expect(await readInstance(app, instanceId)).toEqual(before);
    expect(await readChanges(app)).toEqual([]);
  },
);

test('refuses an instance that is not there', async () => {
  await using subject = await startWithInstance();
  for (const id of ['nobody', '', 'a\0b']) {
    const { errors } = await subject.app.updateInstance(id, { url: 'fake://new' });
    expect(errors?.[0]?.extensions).toEqual({ code: 'INSTANCE_NOT_FOUND', retryable: false, instanceId: id });
  }
});

test('refuses a name that the project has, tells whose it is, and changes nothing else', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  const holder = await app.register('blog', 'fake://blog', { project: 'sales' });
  await app.register('notes', 'fake://notes', { project: 'other' });
  const [before, changes] = [await readInstance(app, instanceId), await readChanges(app)];

  const { errors } = await app.updateInstance(instanceId, { name: 'blog', region: 'eu-1', url: 'fake://new' });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_NAME_TAKEN',
    retryable: false,
    name: 'blog',
    instanceId: holder,
  });
  expect(await readInstance(app, instanceId)).toEqual(before);
  expect(await readChanges(app)).toEqual(changes);
  expect((await app.updateInstance(instanceId, { name: 'notes' })).errors).toBeUndefined();
  expect((await app.updateInstance(instanceId, { name: 'Blog' })).errors).toBeUndefined();
  expect(await findUrl(subject)).toBe(OLD_URL);
});

test('refuses a new URL at which nobody answers: nothing is stored, and the old one still works', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const before = await readInstance(app, instanceId);
  engine.fault = new EngineUnreachableError('nobody is at home.');

  const { errors } = await app.updateInstance(instanceId, { name: 'shop-2', url: 'fake://app:new-secret@new' });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_UNREACHABLE',
    retryable: true,
    endpoint: 'fake://new',
    reason: 'nobody is at home.',
  });
  engine.fault = null;
  expect(await readInstance(app, instanceId)).toEqual(before);
  expect(await readChanges(app)).toEqual([]);
  expect(await findUrl(subject)).toBe(OLD_URL);
});

test('refuses a URL of another product: that would be another instance', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  const path = app.dir.join('orders.db');
  await createSampleDatabase(path);

  const { errors } = await app.updateInstance(instanceId, { url: `sqlite:${path}` });

  expect(errors?.[0]?.message).toBe(
    'The URL leads to an instance of SQLITE, and this one is of SQLSERVER. Register it as an instance of its own.',
  );
  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'url', rule: 'engine' }] });
  expect(await findUrl(subject)).toBe(OLD_URL);
});

test('refuses an instance that is being backed up, and tells by which backup', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const hold = engine.hold();
  const backupId = await app.beginBackup(instanceId, 'first');

  for (const changes of [{ name: 'shop-2' }, { region: 'eu-1' }, { url: 'fake://new' }]) {
    const { errors } = await app.updateInstance(instanceId, changes);
    expect(errors?.[0]?.message).toMatch(/cannot be changed while it is being backed up/);
    expect(errors?.[0]?.extensions).toEqual({
      code: 'BACKUP_IN_PROGRESS',
      retryable: true,
      instanceId,
      backupId,
      operation: 'UPDATE_INSTANCE',
    });
  }
  hold.release();
  await app.waitForEnd(backupId);
  expect((await app.updateInstance(instanceId, { name: 'shop-2' })).errors).toBeUndefined();
});

test('refuses an instance of which a backup began while its new URL was asked', async () => {
  await using subject = await startWithInstance();
  const { app, engine, instanceId } = subject;
  const before = await readInstance(app, instanceId);
  const [asked, dumping] = [engine.holdQuestions(), engine.hold()];
  const updating = app.updateInstance(instanceId, { name: 'shop-2', url: 'fake://new' });
  await asked.reached();
  const backupId = await app.beginBackup(instanceId, 'first');
  asked.release();

  const { errors } = await updating;

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BACKUP_IN_PROGRESS',
    backupId,
    operation: 'UPDATE_INSTANCE',
  });
  dumping.release();
  await app.waitForEnd(backupId);
  expect({ ...(await readInstance(app, instanceId)), updatedAt: null }).toEqual({ ...before, updatedAt: null });
});

test('refuses an instance to which a backup is being restored', async () => {
  await using subject = await startWithInstance();
  const { app, instanceId } = subject;
  await setStatus(app, 'RESTORING');

  const { errors } = await app.updateInstance(instanceId, { name: 'shop-2' });

  expect(errors?.[0]?.message).toMatch(/cannot be changed while it is RESTORING/);
  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_NOT_AVAILABLE',
    retryable: true,
    instanceId,
    status: 'RESTORING',
    operation: 'UPDATE_INSTANCE',
  });
});

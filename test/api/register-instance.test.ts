import { expect, test } from 'vitest';
import { INSTANCE_NAME, MAX_URL_LENGTH, PROJECT_NAME, REGION_NAME } from '../../src/domain/naming.js';
import { FakeEngine } from '../support/fake-engine.js';
import { createSampleDatabase } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const REGISTER = `mutation ($input: RegisterInstanceInput!) {
  registerInstance(input: $input) {
    instance {
      id name project region engine engineVersion role status statusReason endpoint
      databases { name sizeBytes system } backups { totalCount } activeBackup { id } createdAt updatedAt
    }
  }
}`;

async function countInstances(app: TestApp): Promise<number> {
  const { data } = await app.graphql('{ instances { totalCount } }');
  return data.instances.totalCount as number;
}

test('registers a SQLite file, and says what it found', async () => {
  await using app = await TestApp.start({ overrides: { clock: () => new Date('2026-03-01T10:00:00Z') } });
  const path = app.dir.join('orders.db');
  await createSampleDatabase(path);

  const { data, errors } = await app.graphql(REGISTER, { input: { name: 'shop', url: `sqlite:${path}` } });

  expect(errors).toBeUndefined();
  expect(data.registerInstance.instance).toEqual({
    id: expect.any(String),
    name: 'shop',
    project: 'default',
    region: 'local',
    engine: 'SQLITE',
    engineVersion: expect.stringMatching(/^3\.\d+\.\d+$/),
    role: 'PRIMARY',
    status: 'AVAILABLE',
    statusReason: null,
    endpoint: `sqlite:${path}`,
    databases: [{ name: 'orders.db', sizeBytes: expect.any(Number), system: false }],
    backups: { totalCount: 0 },
    activeBackup: null,
    createdAt: '2026-03-01T10:00:00.000Z',
    updatedAt: '2026-03-01T10:00:00.000Z',
  });
});

test('registers a folder: each SQLite file in it is a database', async () => {
  await using app = await TestApp.start();
  await createSampleDatabase(app.dir.join('orders.db'));
  await createSampleDatabase(app.dir.join('stock.sqlite'));

  const { data } = await app.graphql(REGISTER, { input: { name: 'shop', url: `sqlite:${app.dir.path}` } });

  const names = (data.registerInstance.instance.databases as { name: string }[]).map(({ name }) => name);
  expect(names).toEqual(['orders.db', 'stock.sqlite']);
});

test('takes project and region, and their defaults for null', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const input = { url: 'fake://db1' };

  const given = await app.graphql(REGISTER, { input: { ...input, name: 'given', project: 'shop', region: 'eu-1' } });
  const nulls = await app.graphql(REGISTER, { input: { ...input, name: 'nulls', project: null, region: null } });

  expect(given.data.registerInstance.instance).toMatchObject({ project: 'shop', region: 'eu-1' });
  expect(nulls.data.registerInstance.instance).toMatchObject({ project: 'default', region: 'local' });
});

const FAULTS = [
  ['a name of three characters', { name: 'abc' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['a name of 65 characters', { name: 'a'.repeat(65) }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['a name that starts with a digit', { name: '1shop' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['a name with a letter outside ASCII', { name: 'shöp' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['a name that ends with a line feed', { name: 'shop\n' }, 'name', 'matches', INSTANCE_NAME.sentence],
  ['an empty project', { project: '' }, 'project', 'matches', PROJECT_NAME.sentence],
  ['a project that climbs out of its folder', { project: '../other' }, 'project', 'matches', PROJECT_NAME.sentence],
  ['a region with a space', { region: 'eu 1' }, 'region', 'matches', REGION_NAME.sentence],
  [
    'a URL that is too long',
    { url: `fake://${'h'.repeat(MAX_URL_LENGTH)}` },
    'url',
    'maxLength',
    `The URL consists of a maximum of ${MAX_URL_LENGTH.toString()} characters.`,
  ],
] as const;

test.each(FAULTS)('refuses %s and stores nothing', async (...[, more, path, rule, message]) => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });

  const { errors, data } = await app.graphql(REGISTER, { input: { name: 'shop', url: 'fake://db1', ...more } });

  expect(data).toBeNull();
  expect(errors?.[0]?.message).toBe(message);
  expect(errors?.[0]?.extensions).toEqual({
    code: 'BAD_USER_INPUT',
    retryable: false,
    fields: [{ path, rule, message }],
  });
  expect(await countInstances(app)).toBe(0);
});

test('names every faulty field at once', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(REGISTER, { input: { name: '1', project: '', region: '', url: 'fake:' } });

  const fields = errors?.[0]?.extensions.fields as { path: string }[];
  expect(fields.map(({ path }) => path).sort()).toEqual(['name', 'project', 'region']);
});

test('refuses a URL of a product that it does not know, without repeating it', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(REGISTER, { input: { name: 'shop', url: 'oracle://scott:tiger@db1' } });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'url', rule: 'scheme' }] });
  expect(JSON.stringify(errors)).not.toContain('tiger');
  expect(await countInstances(app)).toBe(0);
});

test('refuses a relative path', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.graphql(REGISTER, { input: { name: 'shop', url: 'sqlite:orders.db' } });

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', fields: [{ path: 'url', rule: 'path' }] });
});

test('refuses an instance that does not answer, and stores nothing', async () => {
  await using app = await TestApp.start();
  const url = `sqlite:${app.dir.join('nowhere.db')}`;

  const { errors } = await app.graphql(REGISTER, { input: { name: 'shop', url } });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_UNREACHABLE',
    retryable: true,
    endpoint: url,
    reason: expect.stringContaining('no such file'),
  });
  expect(await countInstances(app)).toBe(0);
});

test('refuses a name that the project has, in the same case, and tells whose it is', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });
  const id = await app.register('shop', 'fake://db1');

  const { errors } = await app.graphql(REGISTER, { input: { name: 'shop', url: 'fake://db2' } });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_NAME_TAKEN',
    retryable: false,
    name: 'shop',
    instanceId: id,
  });
  await app.register('Shop', 'fake://db2');
  await app.register('shop', 'fake://db2', { project: 'other' });
  expect(await countInstances(app)).toBe(3);
});

test('lets one of many registrations of one name at the same time win', async () => {
  await using app = await TestApp.start({ overrides: { engines: [new FakeEngine()] } });

  const answers = await Promise.all(
    Array.from({ length: 20 }, () => app.graphql(REGISTER, { input: { name: 'shop', url: 'fake://db1' } })),
  );

  const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? 'registered');
  expect(codes.filter((code) => code === 'registered')).toHaveLength(1);
  expect(codes.filter((code) => code === 'INSTANCE_NAME_TAKEN')).toHaveLength(19);
});

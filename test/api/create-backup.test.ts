import { expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { InstanceRole } from '../../src/domain/instance.js';
import { BACKUP_DESCRIPTION, BACKUP_NAME, MAX_NAMED_DATABASES } from '../../src/domain/naming.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import { REGISTERED } from '../support/api-client.js';
import { FakeEngine } from '../support/fake-engine.js';
import { SqliteFile } from '../support/sqlite.js';
import { TestApp } from '../support/test-app.js';

const DATABASES = [
  { name: 'orders', sizeBytes: 4000, system: false },
  { name: 'stock', sizeBytes: 3000, system: false },
  { name: 'master', sizeBytes: 2000, system: true },
];

async function startWithFake(engine = new FakeEngine()): Promise<TestApp> {
  engine.databases = DATABASES;
  return TestApp.start({ overrides: { engines: [engine] } });
}

async function countBackups(app: TestApp): Promise<number> {
  const { data } = await app.graphql('{ backups { totalCount } }');
  return data.backups.totalCount as number;
}

test('takes a backup of a SQLite instance, which goes Backing up and back to Available', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample();

  const backup = await app.takeBackup(instanceId, 'first');

  expect(backup.status).toBe('COMPLETED');
  expect(backup.databases).toHaveLength(1);
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
});

test('answers at once with a BUILDING backup, and tells all about it', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1', { project: 'sales', region: 'eu-1' });

  const { data } = await app.graphql(
    `mutation ($input: CreateBackupInput!) {
      createBackup(input: $input) {
        backup {
          id name description type status project region instanceId instanceName engine engineVersion
          instance { id status activeBackup { name } }
          sizeBytes storedBytes completedAt failure { code } verifiedAt
        }
      }
    }`,
    { input: { instanceId, name: 'before-upgrade', description: 'by hand' } },
  );

  expect(data.createBackup.backup).toEqual({
    id: expect.any(String),
    name: 'before-upgrade',
    description: 'by hand',
    type: 'MANUAL',
    status: 'BUILDING',
    project: 'sales',
    region: 'eu-1',
    instanceId,
    instanceName: 'shop',
    engine: 'SQLSERVER',
    engineVersion: '15.0',
    instance: { id: instanceId, status: 'BACKING_UP', activeBackup: { name: 'before-upgrade' } },
    sizeBytes: null,
    storedBytes: null,
    completedAt: null,
    failure: null,
    verifiedAt: null,
  });
  hold.release();
});

test.each([
  ['all user databases and the system databases by default', {}, ['orders', 'stock', 'master']],
  ['the same for nulls', { databases: null, includeSystemDatabases: null }, ['orders', 'stock', 'master']],
  ['the same for an empty list', { databases: [] }, ['orders', 'stock', 'master']],
  ['a chosen database, and the system databases', { databases: ['stock'] }, ['stock', 'master']],
  ['no system databases when told so', { includeSystemDatabases: false }, ['orders', 'stock']],
  ['exactly what was chosen', { databases: ['orders'], includeSystemDatabases: false }, ['orders']],
])('backs up %s', async (_what, choice, expected) => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  const { databases } = await app.takeBackup(instanceId, 'first', choice);

  expect(databases.map(({ name }) => name)).toEqual(expected);
});

const FAULTS = [
  ['a name of three characters', { name: 'abc' }, 'name', 'matches', BACKUP_NAME.sentence],
  ['a name of 65 characters', { name: 'a'.repeat(65) }, 'name', 'matches', BACKUP_NAME.sentence],
  ['a name that starts with a hyphen', { name: '-abc' }, 'name', 'matches', BACKUP_NAME.sentence],
  ['a name with a dot', { name: 'before.upgrade' }, 'name', 'matches', BACKUP_NAME.sentence],
  ['a name that ends with a line feed', { name: 'first\n' }, 'name', 'matches', BACKUP_NAME.sentence],
  [
    'a description of 257 characters',
    { description: 'd'.repeat(257) },
    'description',
    'matches',
    BACKUP_DESCRIPTION.sentence,
  ],
  ...['\r', '\n', '>', '!', '<', '"', '&', "'", '='].map(
    (character) =>
      [
        `a description with ${JSON.stringify(character)}`,
        { description: `a${character}b` },
        'description',
        'matches',
        BACKUP_DESCRIPTION.sentence,
      ] as const,
  ),
  [
    'a database named twice',
    { databases: ['orders', 'orders'] },
    'databases',
    'arrayUnique',
    'A database can be named only once.',
  ],
  [
    'too many databases',
    { databases: Array.from({ length: MAX_NAMED_DATABASES + 1 }, (_, index) => `db${index.toString()}`) },
    'databases',
    'arrayMaxSize',
    `At most ${MAX_NAMED_DATABASES.toString()} databases can be named.`,
  ],
] as const;

test('refuses what breaks a rule, in the words of the rule, and stores nothing', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  for (const [fault, more, path, rule, message] of FAULTS) {
    const { errors, data } = await app.createBackup(instanceId, 'first', more);
    expect(data, fault).toBeNull();
    expect(errors?.[0]?.message, fault).toBe(message);
    expect(errors?.[0]?.extensions, fault).toEqual({
      code: 'BAD_USER_INPUT',
      retryable: false,
      fields: [{ path, rule, message }],
    });
  }
  expect(await countBackups(app)).toBe(0);
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
});

test('takes the longest name and a description of 256 characters beyond ASCII', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  const backup = await app.takeBackup(instanceId, `A${'b'.repeat(63)}`, { description: '备'.repeat(255) + '🗄' });

  expect(backup.status).toBe('COMPLETED');
});

test('refuses a system database that was selected', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  const { errors } = await app.createBackup(instanceId, 'first', { databases: ['master'] });

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    fields: [{ path: 'databases', rule: 'userDatabases' }],
  });
  expect(await countBackups(app)).toBe(0);
});

test('says why a system database cannot be selected, and what to do', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  const { errors } = await app.createBackup(instanceId, 'first', { databases: ['orders', 'master'] });

  expect(errors?.[0]?.message).toBe(
    'System databases are backed up by default and cannot be selected: master. Use includeSystemDatabases.',
  );
});

test('refuses an instance whose backups take a program that is not there, and claims nothing', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  engine.toolFault = new DomainError('CLIENT_TOOL_MISSING', {
    needed: 'pg_dump 17 or newer',
    found: ['pg_dump 15.4 (/usr/bin/pg_dump)'],
    advice: 'Install postgresql-client-17.',
  });

  const { data, errors } = await app.createBackup(instanceId, 'first');

  expect(data).toBeNull();
  expect(errors?.[0]?.message).toBe(
    "Backing this instance up takes pg_dump 17 or newer; this server's machine has only pg_dump 15.4 (/usr/bin/pg_dump). Install postgresql-client-17.",
  );
  expect(errors?.[0]?.extensions).toEqual({
    code: 'CLIENT_TOOL_MISSING',
    retryable: false,
    needed: 'pg_dump 17 or newer',
    found: ['pg_dump 15.4 (/usr/bin/pg_dump)'],
    advice: 'Install postgresql-client-17.',
  });
  expect(await countBackups(app)).toBe(0);
  const { data: list } = await app.graphql('{ instances { eventCursor nodes { status } } }');
  expect(list.instances).toEqual({ eventCursor: REGISTERED, nodes: [{ status: 'AVAILABLE' }] });
  engine.toolFault = null;
  expect((await app.takeBackup(instanceId, 'first')).status).toBe('COMPLETED');
});

test('refuses databases that the instance has not, naming them', async () => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');

  const { errors } = await app.createBackup(instanceId, 'first', { databases: ['orders', 'Stock', 'sales'] });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'DATABASE_NOT_FOUND',
    retryable: false,
    databases: ['Stock', 'sales'],
    where: 'instance',
  });
});

test('refuses an instance that is not there', async () => {
  await using app = await TestApp.start();

  const { errors } = await app.createBackup('nobody', 'first');

  expect(errors?.[0]?.extensions).toEqual({ code: 'INSTANCE_NOT_FOUND', retryable: false, instanceId: 'nobody' });
});

test.each([InstanceRole.STANDBY, InstanceRole.READ_REPLICA])('refuses a %s', async (role) => {
  const engine = new FakeEngine();
  engine.role = role;
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');

  const { errors } = await app.createBackup(instanceId, 'first');

  expect(errors?.[0]?.extensions).toEqual({
    ...{ code: 'INSTANCE_NOT_PRIMARY', retryable: false, operation: 'CREATE_BACKUP' },
    ...{ instanceId, role },
  });
  expect(await countBackups(app)).toBe(0);
});

test.each(['RESTORING', 'ABNORMAL'])('refuses an instance that is %s', async (status) => {
  await using app = await startWithFake();
  const instanceId = await app.register('shop', 'fake://db1');
  await using catalog = await SqliteFile.open(app.catalogFile);
  await catalog.exec(`UPDATE instances SET status = '${status}', status_reason = 'for the test'`);

  const { errors } = await app.createBackup(instanceId, 'first');

  expect(errors?.[0]?.extensions).toMatchObject({
    code: 'INSTANCE_NOT_AVAILABLE',
    retryable: true,
    instanceId,
    status,
  });
  const { data } = await app.graphql('query ($id: ID!) { instance(id: $id) { statusReason } }', { id: instanceId });
  expect(data.instance.statusReason).toBe('for the test');
});

test('refuses a second backup while one runs, and tells which', async () => {
  const engine = new FakeEngine();
  const hold = engine.hold();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const backupId = await app.beginBackup(instanceId, 'first');

  const { errors } = await app.createBackup(instanceId, 'second');

  expect(errors?.[0]?.extensions).toMatchObject({ code: 'BACKUP_IN_PROGRESS', retryable: true, instanceId, backupId });
  hold.release();
  expect((await app.waitForEnd(backupId)).status).toBe('COMPLETED');
  expect((await app.takeBackup(instanceId, 'second')).status).toBe('COMPLETED');
});

test('refuses a name that a backup of the project has, unless that one has failed', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  const elsewhere = await app.register('shop', 'fake://db1', { project: 'other' });
  engine.formatFault = new Error('not this time');
  await app.takeBackup(instanceId, 'first');
  engine.formatFault = null;
  const { id: backupId } = await app.takeBackup(instanceId, 'first');

  const { errors } = await app.createBackup(instanceId, 'first');

  expect(errors?.[0]?.extensions).toEqual({ code: 'BACKUP_NAME_TAKEN', retryable: false, name: 'first', backupId });
  await app.takeBackup(instanceId, 'First');
  await app.takeBackup(elsewhere, 'first');
});

test('refuses named databases of an instance that does not answer', async () => {
  const engine = new FakeEngine();
  await using app = await startWithFake(engine);
  const instanceId = await app.register('shop', 'fake://db1');
  engine.fault = new EngineUnreachableError('nobody is at home.');

  const { errors } = await app.createBackup(instanceId, 'first', { databases: ['orders'] });

  expect(errors?.[0]?.extensions).toEqual({
    code: 'INSTANCE_UNREACHABLE',
    retryable: true,
    endpoint: 'fake://db1',
    reason: 'nobody is at home.',
  });
});

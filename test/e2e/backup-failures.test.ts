import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { InstanceRole } from '../../src/domain/instance.js';
import { EngineUnreachableError } from '../../src/engines/database-engine.js';
import type { DumpRequest } from '../../src/engines/database-engine.js';
import { REGISTERED, take } from '../support/api-client.js';
import type { BackupMessage } from '../support/api-client.js';
import { aborted, FakeEngine } from '../support/fake-engine.js';
import type { DumpScript } from '../support/fake-engine.js';
import { listFiles } from '../support/store.js';
import { TestApp } from '../support/test-app.js';

const FIRST = { name: 'first', sizeBytes: 200_000, system: false };
const SECOND = { name: 'second', sizeBytes: 1000, system: false };

/** I4: no artifact, nothing temporary, a failure that says why, and the instance given back, or shown as what it is. */
async function expectNothingLeft(app: TestApp, backup: BackupMessage, status = 'AVAILABLE'): Promise<void> {
  expect(backup.status).toBe('FAILED');
  expect(backup.failure?.message).toMatch(/\S.*\.$/s);
  expect(backup.sizeBytes).toBeNull();
  expect(backup.databases.filter(({ sha256 }) => sha256 !== null)).toEqual([]);
  expect(await listFiles(app.artifacts)).toEqual([]);
  expect(await listFiles(join(app.dataDir, '.rds-backup-scratch'))).toEqual([]);
  const { data } = await app.graphql('{ instances { nodes { status } } }');
  expect(data.instances.nodes).toEqual([{ status }]);
}

/** How a backup fails with this script; it then succeeds without, unless a short timeout could trip it on a busy machine. */
async function failWith(
  script: (request: DumpRequest, app: TestApp) => DumpScript,
  env: { readonly STALL_TIMEOUT?: string } = {},
): Promise<string> {
  const engine = new FakeEngine();
  engine.databases = [FIRST, SECOND];
  // One after the other: what happens to the second finds the first one stored.
  await using app = await TestApp.start({
    env: { MAX_CONCURRENT_DUMPS: '1', ...env },
    overrides: { engines: [engine] },
  });
  engine.script = (request) => script(request, app);
  const instanceId = await app.register('shop', 'fake://db1');

  const backup = await app.takeBackup(instanceId, 'nightly');

  await expectNothingLeft(app, backup);
  if (env.STALL_TIMEOUT !== undefined) return backup.failure?.code ?? 'none';
  engine.script = () => ({});
  expect((await app.takeBackup(instanceId, 'nightly')).status).toBe('COMPLETED');
  return backup.failure?.code ?? 'none';
}

function onlySecond(database: DumpRequest['database'], script: DumpScript): DumpScript {
  return database.name === SECOND.name ? script : {};
}

/** The stored artifact of the first database. */
function artifactOf(app: TestApp): string {
  const project = join(app.artifacts, 'default');
  const [backupId = ''] = readdirSync(project);
  return join(project, backupId, 'first.bak.zst');
}

const DUMP_FAILED = BackupFailureCode.DUMP_FAILED;

test('I3: a tool that fails after its whole output makes no backup', async () => {
  const exit = (): Promise<never> =>
    Promise.reject(new BackupFailedError(DUMP_FAILED, 'The tool ended with exit code 1.'));

  expect(await failWith(({ database }) => onlySecond(database, { exit }))).toBe('DUMP_FAILED');
});

test('I3: a tool that succeeds without output makes no backup', async () => {
  expect(await failWith(({ database }) => onlySecond(database, { content: [] }))).toBe('DUMP_FAILED');
});

test('I3: output that breaks off makes no backup, even if the tool were to end well', async () => {
  const content = function* (): Generator<Uint8Array> {
    yield Buffer.alloc(500);
    throw new Error('the pipe broke');
  };

  expect(await failWith(({ database }) => onlySecond(database, { content: content() }))).toBe('DUMP_FAILED');
});

test('I3: a copy that the format check refuses makes no backup', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  engine.formatFault = new BackupFailedError(DUMP_FAILED, 'The stored copy is no dump.');
  const instanceId = await app.register('shop', 'fake://db1');

  const backup = await app.takeBackup(instanceId, 'nightly');

  expect(backup.failure).toEqual({ code: 'DUMP_FAILED', message: 'The stored copy is no dump.' });
  await expectNothingLeft(app, backup);
});

const DAMAGES: readonly (readonly [what: string, damage: (file: string) => void])[] = [
  [
    'was cut short',
    (file) => {
      truncateSync(file, readFileSync(file).length - 1);
    },
  ],
  [
    'was emptied',
    (file) => {
      truncateSync(file, 0);
    },
  ],
  [
    'has one bit turned',
    (file) => {
      const bytes = readFileSync(file);
      const middle = Math.floor(bytes.length / 2);
      bytes.writeUInt8(bytes.readUInt8(middle) ^ 1, middle);
      writeFileSync(file, bytes);
    },
  ],
  [
    'has grown',
    (file) => {
      writeFileSync(file, Buffer.concat([readFileSync(file), Buffer.from('x')]));
    },
  ],
];

test.each(DAMAGES)('I3: a stored artifact that %s before it was verified makes no backup', async (_what, damage) => {
  // By the time the second database is dumped the first one is stored, and not yet verified.
  const code = await failWith(({ database }, app) => {
    if (database.name === SECOND.name) damage(artifactOf(app));
    return {};
  });

  expect(code).toBe('CHECKSUM_MISMATCH');
});

test('I3: a stored artifact that vanished before it was verified makes no backup', async () => {
  const code = await failWith(({ database }, app) => {
    return onlySecond(database, { exit: () => rm(artifactOf(app)) });
  });

  expect(code).toBe('STORAGE_UNAVAILABLE');
});

test('I4: a tool that hangs in the middle of its output is given up', async () => {
  const code = await failWith(
    ({ database, signal }) => {
      const content = async function* (): AsyncGenerator<Uint8Array> {
        yield Buffer.alloc(500);
        await aborted(signal);
      };
      return onlySecond(database, { content: content() });
    },
    { STALL_TIMEOUT: '300ms' },
  );

  expect(code).toBe('STALLED');
});

test('I4: a tool that hangs after its whole output is given up', async () => {
  const code = await failWith(({ database, signal }) => onlySecond(database, { exit: () => aborted(signal) }), {
    STALL_TIMEOUT: '300ms',
  });

  expect(code).toBe('STALLED');
});

test('I4: an error that nobody knows fails the backup without telling what it was', async () => {
  const exit = (): Promise<never> => Promise.reject(new TypeError('wires crossed'));

  expect(await failWith(({ database }) => onlySecond(database, { exit }))).toBe('DUMP_FAILED');
});

test('I4: an artifact store that is no folder fails the backup', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  await rm(app.artifacts, { recursive: true, force: true });
  await writeFile(app.artifacts, 'not a folder');

  const { failure } = await app.takeBackup(instanceId, 'nightly');

  expect(failure?.code).toBe('STORAGE_UNAVAILABLE');
  expect(await app.statusOf(instanceId)).toBe('AVAILABLE');
  await rm(app.artifacts);
  expect((await app.takeBackup(instanceId, 'nightly')).status).toBe('COMPLETED');
});

test('I4: a database whose file has vanished fails the backup', async () => {
  await using app = await TestApp.start();
  const instanceId = await app.registerSample('shop');
  await rename(app.dir.join('shop.db'), app.dir.join('moved.db'));

  const backup = await app.takeBackup(instanceId, 'nightly');

  expect(backup.failure?.code).toBe('ENGINE_UNREACHABLE');
  await expectNothingLeft(app, backup, 'ABNORMAL');
});

test('a backup whose instance does not answer when its work begins leaves it ABNORMAL, with the reason', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  engine.fault = new EngineUnreachableError('nobody is at home.');

  const backup = await app.takeBackup(instanceId, 'nightly');

  const message = 'The instance cannot be used: nobody is at home.';
  expect(backup.failure).toEqual({ code: 'ENGINE_UNREACHABLE', message });
  await expectNothingLeft(app, backup, 'ABNORMAL');
  const changes = await take(app.statusChanges({ after: REGISTERED }), 2);
  expect(changes[1]).toMatchObject({
    previousStatus: 'BACKING_UP',
    status: 'ABNORMAL',
    reason: message,
    backup: { id: backup.id },
  });
  expect((await app.createBackup(instanceId, 'nightly')).errors?.[0]?.extensions).toMatchObject({
    code: 'INSTANCE_NOT_AVAILABLE',
    status: 'ABNORMAL',
  });
});

test('a backup that could not reach its instance leaves it AVAILABLE if that answers again', async () => {
  const exit = (): Promise<never> => Promise.reject(new EngineUnreachableError('the connection was lost.'));

  expect(await failWith(({ database }) => onlySecond(database, { exit }))).toBe('ENGINE_UNREACHABLE');
});

test('a backup of an instance that has just become a standby fails, and says so', async () => {
  const engine = new FakeEngine();
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  engine.role = InstanceRole.STANDBY;

  const backup = await app.takeBackup(instanceId, 'nightly');

  expect(backup.failure).toEqual({
    code: 'DUMP_FAILED',
    message:
      'The instance is a STANDBY by now, and a backup is only made of a primary. Take it of the instance that is the primary.',
  });
  await expectNothingLeft(app, backup);
});

test('a database that was dropped after it was chosen fails the backup, and is named', async () => {
  const engine = new FakeEngine();
  engine.databases = [FIRST, SECOND];
  await using app = await TestApp.start({ overrides: { engines: [engine] } });
  const instanceId = await app.register('shop', 'fake://db1');
  engine.onHealthCheck = () => {
    engine.databases = [FIRST];
    return Promise.resolve();
  };

  const backup = await app.takeBackup(instanceId, 'nightly', { databases: ['first', 'second'] });

  expect(backup.failure).toEqual({ code: 'DUMP_FAILED', message: 'The instance no longer has: second.' });
  await expectNothingLeft(app, backup);
});

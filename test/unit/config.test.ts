import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.js';
import type { Config } from '../../src/config.js';

function read(environment: Readonly<Record<string, string>> = {}, args: readonly string[] = []): Config {
  return readConfig({ DATA_DIR: '/srv/rds', ...environment }, args);
}

function faultsOf(environment: Readonly<Record<string, string>>, args: readonly string[] = []): readonly string[] {
  try {
    read(environment, args);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n').slice(1);
  }
  throw new Error('the configuration was taken');
}

describe('the configuration', () => {
  test('has a default for everything', () => {
    expect(read()).toEqual({
      host: '127.0.0.1',
      port: 4000,
      dataDir: '/srv/rds',
      catalog: { kind: 'sqlite', path: '/srv/rds/catalog.sqlite' },
      artifactStore: { kind: 'filesystem', path: '/srv/rds/artifacts' },
      encryption: { recipients: [], identityFile: null },
      secretKey: null,
      scratchUrls: {},
      maxConcurrentBackups: 2,
      maxConcurrentDumps: 2,
      threadPoolSize: 4,
      stallTimeoutMs: 600_000,
      shutdownGraceMs: 30_000,
      publicUrl: null,
      downloadExpiryMs: 900_000,
      healthIntervalMs: 30_000,
      logLevel: 'info',
      sqliteRoots: null,
      verifySchedule: null,
      verifyShare: 10,
      toolFolders: [],
    });
    expect(readConfig({}, []).dataDir).toBe(`${process.cwd()}/data`);
  });

  test('is frozen', () => {
    expect(Object.isFrozen(read())).toBe(true);
  });

  test('reads every variable', () => {
    const key = randomBytes(32);
    const config = read({
      HOST: '::1',
      PORT: '0',
      DATABASE_URL: 'postgresql://u:p@db/catalog',
      ARTIFACT_STORE: '/mnt/store/',
      SECRET_KEY: key.toString('base64'),
      MAX_CONCURRENT_BACKUPS: '64',
      MAX_CONCURRENT_DUMPS: '8',
      UV_THREADPOOL_SIZE: '66',
      STALL_TIMEOUT: '10m',
      SHUTDOWN_GRACE: '500ms',
      HEALTH_INTERVAL: '5s',
      ENCRYPTION_RECIPIENTS: ' age1abc, age1def\nage1ghi ',
      ENCRYPTION_IDENTITY_FILE: '/srv/keys/identity.txt',
      PUBLIC_URL: 'https://backups.example/rds/',
      DOWNLOAD_EXPIRY: '1h',
      LOG_LEVEL: 'DEBUG',
      SQLITE_ROOTS: '/srv/a:/srv/b/',
      VERIFY_SCHEDULE: '30 2 * * 1-5',
      VERIFY_SHARE: '100',
      PATH: '/usr/lib/postgresql/17/bin:/usr/bin',
    });

    expect(config).toEqual({
      host: '::1',
      port: 0,
      dataDir: '/srv/rds',
      catalog: { kind: 'postgres', url: 'postgresql://u:p@db/catalog' },
      artifactStore: { kind: 'filesystem', path: '/mnt/store' },
      encryption: { recipients: ['age1abc', 'age1def', 'age1ghi'], identityFile: '/srv/keys/identity.txt' },
      secretKey: key,
      scratchUrls: {},
      maxConcurrentBackups: 64,
      maxConcurrentDumps: 8,
      threadPoolSize: 66,
      stallTimeoutMs: 600_000,
      shutdownGraceMs: 500,
      publicUrl: 'https://backups.example/rds',
      downloadExpiryMs: 3_600_000,
      healthIntervalMs: 5000,
      logLevel: 'debug',
      sqliteRoots: ['/srv/a', '/srv/b'],
      verifySchedule: '30 2 * * 1-5',
      verifyShare: 100,
      toolFolders: ['/usr/lib/postgresql/17/bin', '/usr/bin'],
    });
  });

  test('takes an empty variable for one that is not set', () => {
    expect(read({ PORT: '', HOST: '', SECRET_KEY: '', STALL_TIMEOUT: '', SQLITE_ROOTS: '' })).toEqual(read());
  });

  test('looks for client programs in the absolute folders of PATH: others depend on where the server was started', () => {
    expect(read({ PATH: ':.:/usr/local/bin::bin:~/bin:/usr/bin:' }).toolFolders).toEqual([
      '/usr/local/bin',
      '/usr/bin',
    ]);
  });

  test.each(['hex', 'base64'] as const)('takes a secret key of 32 bytes in %s', (encoding) => {
    const key = randomBytes(32);
    expect(read({ SECRET_KEY: key.toString(encoding) }).secretKey).toEqual(key);
  });

  test.each([
    ['1ms', 1],
    ['30s', 30_000],
    ['24h', 86_400_000],
  ])('reads the duration %s', (text, milliseconds) => {
    expect(read({ STALL_TIMEOUT: text }).stallTimeoutMs).toBe(milliseconds);
  });

  test.each([
    ['PORT', ['-1', '65536', '80.5', '1e3', '0x50', ' 80', 'http', '999999999999999999999']],
    ['MAX_CONCURRENT_BACKUPS', ['0', '65', 'two']],
    ['MAX_CONCURRENT_DUMPS', ['0', '65', '-1', 'all']],
    ['UV_THREADPOOL_SIZE', ['0', '1025', 'many']],
    ['STALL_TIMEOUT', ['600', '0s', '25h', '1d', '-1s', '1.5s', 's', '10 m']],
    ['SHUTDOWN_GRACE', ['0ms', '30']],
    ['HEALTH_INTERVAL', ['0s', '30', '25h', 'never']],
    ['HOST', ['0.0.0.0', '192.168.1.2', 'db.example', '::', '127.0.0.1.example.com', '128.0.0.1']],
    ['DATABASE_URL', ['mysql://db/x', 'catalog.sqlite', 'sqlite:/x', 'postgresql//db']],
    [
      'ARTIFACT_STORE',
      ['file:///srv', 'S3://bucket', 's3://', 's3://ab', 's3://Bucket', 's3:bucket', 's3://bucket//x'],
    ],
    ['ARTIFACT_STORE', ['s3://bucket/../x', 's3://bucket/a b', 's3://bucket?x=1', 's3://key:secret@bucket']],
    ['S3_ENDPOINT', ['minio:9000', 'ftp://minio', 'http://key:secret@minio', 'http://minio/?x']],
    ['PUBLIC_URL', ['backups.example', 'ftp://backups.example', 'https://user:secret@backups.example']],
    ['DOWNLOAD_EXPIRY', ['0s', '15', '25h']],
    ['ENCRYPTION_RECIPIENTS', ['AGE-SECRET-KEY-1ABC', 'ssh-ed25519 AAAA', 'age1ABC', 'me@example.org']],
    ['SECRET_KEY', ['short', 'ab'.repeat(31), `${'ab'.repeat(32)}!`, randomBytes(31).toString('base64')]],
    ['LOG_LEVEL', ['verbose', 'warning']],
    [
      'VERIFY_SCHEDULE',
      ['daily', '@daily', '0 3 * *', '0 0 3 * * *', '61 * * * *', '0 0 31 2 *', '2030-01-01T00:00:00'],
    ],
    ['VERIFY_SHARE', ['0', '101', '10%']],
    ['SQLITE_ROOTS', ['srv', '/srv:data', '/srv:', ':']],
  ])('refuses %s when it is one of %j', (name, values) => {
    for (const value of values) {
      expect(faultsOf({ [name]: value })).toEqual([expect.stringMatching(`^  - ${name} must be .+\\.$`)]);
    }
  });

  test.each([
    ['s3://backups', 'backups', ''],
    ['s3://backups/', 'backups', ''],
    ['s3://my.backups-1/site_a/rds/', 'my.backups-1', 'site_a/rds'],
  ])('takes %s for a bucket of Amazon or of another endpoint', (url, bucket, prefix) => {
    const s3 = { kind: 's3', bucket, prefix };
    expect(read({ ARTIFACT_STORE: url }).artifactStore).toEqual({ ...s3, endpoint: null, region: null });
    expect(read({ ARTIFACT_STORE: url, S3_ENDPOINT: 'http://minio:9000/' }).artifactStore).toEqual({
      ...s3,
      endpoint: 'http://minio:9000',
      region: 'us-east-1',
    });
    expect(read({ ARTIFACT_STORE: url, AWS_REGION: 'eu-west-1' }).artifactStore).toMatchObject({ region: 'eu-west-1' });
  });

  test('does not let backups be encrypted that nobody could verify', () => {
    expect(faultsOf({ ENCRYPTION_RECIPIENTS: 'age1abc' })).toEqual([
      expect.stringMatching(/^ {2}- ENCRYPTION_RECIPIENTS needs ENCRYPTION_IDENTITY_FILE/),
    ]);
  });

  test('names all faults at once', () => {
    const faults = faultsOf({ PORT: 'x', HOST: '0.0.0.0', LOG_LEVEL: 'loud', STALL_TIMEOUTS: '1s' }, ['--verbose']);

    expect(faults).toEqual([
      expect.stringMatching(/^ {2}- HOST must be a loopback address/),
      '  - PORT must be a whole number from 0 to 65535.',
      expect.stringMatching(/^ {2}- LOG_LEVEL must be one of fatal, error,/),
      '  - STALL_TIMEOUTS is not known. Did you mean STALL_TIMEOUT?',
      '  - The argument --verbose is not known: the server is configured by its environment.',
    ]);
  });

  test.each([
    ['SECRETKEY', 'SECRET_KEY'],
    ['SECRET_KEYS', 'SECRET_KEY'],
    ['secret_key', 'SECRET_KEY'],
    ['DATA_DIRR', 'DATA_DIR'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['MAX_CONCURENT_BACKUP', 'MAX_CONCURRENT_BACKUPS'],
    ['SQLITE_ROOT', 'SQLITE_ROOTS'],
    ['HEALTH_INTERVALS', 'HEALTH_INTERVAL'],
    ['MAX_CONCURRENT_DUMP', 'MAX_CONCURRENT_DUMPS'],
  ])('takes %s for a slip of the pen for %s', (stranger, meant) => {
    expect(faultsOf({ [stranger]: 'x' })).toEqual([`  - ${stranger} is not known. Did you mean ${meant}?`]);
  });

  test("leaves other programs' variables alone", () => {
    expect(
      read({ PATHEXT: '.exe', HOME: '/root', PORTS: '1', NODE_ENV: 'test', LOGNAME: 'me', XDG_DATA_DIRS: '/usr' }),
    ).toEqual(read());
  });

  test('repeats no value, which may be a secret', () => {
    const faults = faultsOf({
      SECRET_KEY: 'hunter2-key',
      DATABASE_URL: 'mysql://app:hunter2-url@db/x',
      SECRET_KEYS: 'hunter2-slip',
      ARTIFACT_STORE: 's3://key:hunter2-store@bucket',
    });
    expect(faults).toHaveLength(4);
    expect(faults.join('\n')).not.toContain('hunter2');
  });
});

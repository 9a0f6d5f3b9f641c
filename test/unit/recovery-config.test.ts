import { describe, expect, test } from 'vitest';
import { ConfigError, readRecoveryConfig } from '../../src/config.js';

describe('the configuration of a recovery', () => {
  test("is the server's own, on the store that is named", () => {
    const environment = { DATA_DIR: '/srv/data', ARTIFACT_STORE: '/srv/lost' };
    expect(readRecoveryConfig(environment, ['--from', '/srv/store'])).toMatchObject({
      dataDir: '/srv/data',
      artifactStore: { kind: 'filesystem', path: '/srv/store' },
    });
    expect(readRecoveryConfig({ S3_ENDPOINT: 'http://127.0.0.1:9000' }, ['--from', 's3://bucket/a'])).toMatchObject({
      artifactStore: { kind: 's3', bucket: 'bucket', prefix: 'a', endpoint: 'http://127.0.0.1:9000' },
    });
  });

  test.each([[[]], [['--from']], [['--from', '']], [['/srv/store']], [['--from', '/a', '/b']], [['--form', '/a']]])(
    'refuses %j',
    (args) => {
      expect(() => readRecoveryConfig({}, args)).toThrow(ConfigError);
      expect(() => readRecoveryConfig({}, args)).toThrow('The arguments must be --from and the store');
    },
  );

  test('refuses a store that is neither a folder nor a bucket', () => {
    expect(() => readRecoveryConfig({}, ['--from', 'ftp://host/store'])).toThrow('or s3://bucket');
  });
});

import { afterAll, beforeAll, vi } from 'vitest';
import { S3Server } from './s3-server.js';

/** For the tests of the file that calls it: the environment is where the store looks for them. */
export function setS3Credentials(): void {
  beforeAll(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', S3Server.accessKeyId);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3Server.secretAccessKey);
  });
  afterAll(() => {
    vi.unstubAllEnvs();
  });
}

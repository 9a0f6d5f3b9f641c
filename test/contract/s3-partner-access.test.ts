import { describe, expect, test, vi } from 'vitest';
import { S3ArtifactStore } from '../../src/artifacts/s3-artifact-store.js';
import { setS3Credentials } from '../support/s3-credentials.js';
import { S3Server } from '../support/s3-server.js';

setS3Credentials();

const { accessKeyId, secretAccessKey } = S3Server;

describe('the bucket of S3 as others reach it', () => {
  const file = { project: 'p', backupId: 'b', name: 'f.bak' };
  const of = async (more: object): Promise<Awaited<ReturnType<S3ArtifactStore['createPartnerAccess']>>> =>
    new S3ArtifactStore({
      bucket: 'backups',
      prefix: '',
      endpoint: null,
      region: 'eu-west-1',
      ...more,
    }).createPartnerAccess();

  test('has a URL by the name of the host at Amazon, and by path elsewhere', async () => {
    expect(await of({})).toMatchObject({ region: 'eu-west-1', fault: null });
    expect((await of({})).urlOf(file)).toBe('s3://backups.s3.eu-west-1.amazonaws.com/p/b/f.bak');
    const other = await of({ endpoint: 'https://minio.corp:9000', prefix: 'site/a' });
    expect(other.urlOf(file)).toBe('s3://minio.corp:9000/backups/site/a/p/b/f.bak');
    expect(other.fault).toBeNull();
    expect(await other.getCredentials()).toMatchObject({ accessKeyId, secretAccessKey });
  });

  test('is out of reach over clear text', async () => {
    expect((await of({ endpoint: 'http://minio:9000' })).fault).toBe(
      'S3_ENDPOINT is http://minio:9000, and SQL Server speaks to S3 over HTTPS alone.',
    );
  });

  test('is out of reach while its region is not known, and only then', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere');
    const { region, fault } = await of({ region: null });
    expect({ region, fault }).toEqual({
      region: null,
      fault: 'the region of the bucket is not known. Set AWS_REGION.',
    });
    vi.stubEnv('AWS_REGION', 'eu-north-1');
    expect(await of({ region: null })).toMatchObject({ region: 'eu-north-1', fault: null });
  });

  test('lists the folders of a project over more pages than one', async () => {
    await using s3 = await S3Server.start();
    s3.pageSize = 2;
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) {
      for (const part of ['1', '2']) s3.objects.set(`site/p/${name}/${part}`, { bytes: Buffer.alloc(0), metadata: {} });
    }
    s3.objects.set('site/q/z/1', { bytes: Buffer.alloc(0), metadata: {} });
    const access = await of({ endpoint: s3.endpoint, prefix: 'site' });
    expect(await access.listFolders('p')).toEqual(names);
    expect(s3.log.filter((line) => line.includes('list-type=2'))).toHaveLength(5);
    expect(await access.listFolders('none')).toEqual([]);
  });
});

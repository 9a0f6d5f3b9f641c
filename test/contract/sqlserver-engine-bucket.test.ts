import { describe, expect, test } from 'vitest';
import { SqlServerEngine } from '../../src/engines/sqlserver/sqlserver-engine.js';
import { errorOf } from '../support/dumps.js';
import { setS3Credentials } from '../support/s3-credentials.js';
import { S3Server } from '../support/s3-server.js';
import { decodeBak } from '../support/sqlserver/bak-file.js';
import { failed, unreachable } from '../support/sqlserver/backup-site.js';
import { BucketSite } from '../support/sqlserver/bucket-site.js';

setS3Credentials();

const { accessKeyId, secretAccessKey } = S3Server;
const WORK = /^(BACKUP|RESTORE|CREATE CREDENTIAL|IF EXISTS)/;
/** That a name is free before it is given again. */
const CREATE = /^(?:IF EXISTS .* DROP CREDENTIAL \[.*\];\n)?(CREATE CREDENTIAL [^]*)$/;
const DROP = "IF EXISTS (SELECT * FROM sys.credentials WHERE name = N'file-1') DROP CREDENTIAL [file-1]";

/** What the server was told to do, beside what it was asked. */
function takeWork({ site }: BucketSite): readonly string[] {
  return site
    .takeStatements()
    .filter((sql) => WORK.test(sql))
    .map((sql) => sql.replace(CREATE, '$1'));
}

describe('a SQL Server that shares a bucket', () => {
  test('is given a credential, backs up and verifies, and has it taken back', async () => {
    await using lab = await BucketSite.start();
    lab.site.model.add('shop', { tables: { 'dbo.items': ['1'] } });
    const content = await lab.site.take('shop', { url: lab.url });
    expect(decodeBak(content, 'dump', 'VERIFY')).toMatchObject({ tables: { 'dbo.items': ['1'] } });
    const device = `URL = N'${lab.root}site/.exchange/file-1/file-1'`;
    expect(takeWork(lab)).toEqual([
      `CREATE CREDENTIAL [file-1] WITH IDENTITY = 'S3 Access Key', SECRET = N'${accessKeyId}:${secretAccessKey}'`,
      `BACKUP DATABASE [shop] TO ${device} WITH COPY_ONLY, CHECKSUM, COMPRESSION, FORMAT, MAXTRANSFERSIZE = 20971520, STATS = 5, NAME = N'rds-backup-server shop', CREDENTIAL = N'file-1'`,
      `RESTORE VERIFYONLY FROM ${device} WITH CHECKSUM, CREDENTIAL = N'file-1'`,
      DROP,
    ]);
    expect(lab.listLeft()).toEqual([]);
  });

  test('names the region of a bucket that is elsewhere', async () => {
    await using lab = await BucketSite.start({ region: 'eu-central-1' });
    lab.site.model.add('shop');
    await lab.site.take('shop', { url: lab.url });
    const [, backup, verify] = takeWork(lab);
    expect(backup).toMatch(/, CREDENTIAL = N'file-1', BACKUP_OPTIONS = N'{"s3":{"region":"eu-central-1"}}'$/);
    expect(verify).toMatch(
      / WITH CHECKSUM, CREDENTIAL = N'file-1', RESTORE_OPTIONS = N'{"s3":{"region":"eu-central-1"}}'$/,
    );
  });

  test('is registered once files pass both ways', async () => {
    await using lab = await BucketSite.start();
    expect(await lab.site.probe(lab.url)).toMatchObject({ engine: 'SQLSERVER' });
    expect(lab.listLeft()).toEqual([]);
  });

  test('writes without compression where the edition has none, and then with parts of the usual size', async () => {
    await using lab = await BucketSite.start({}, { edition: 'Web Edition (64-bit)', engineEdition: 2 });
    lab.site.model.add('shop');
    await lab.site.take('shop', { url: lab.url });
    expect(takeWork(lab)[1]).toContain('WITH COPY_ONLY, CHECKSUM, NO_COMPRESSION, FORMAT, STATS = 5,');
  });

  test.each([
    ['fails', /^BACKUP/],
    ['cannot be verified', /^RESTORE VERIFYONLY/],
  ])(
    'keeps neither a file nor a credential when a backup %s, and its secret is in no error',
    async (_what, pattern) => {
      await using lab = await BucketSite.start();
      lab.site.model.add('shop');
      const message = 'Write on "s3://x" failed: 50(The request is not supported.)';
      lab.site.model.failOn(pattern, { number: 3202, message });
      const error = await errorOf(lab.site.take('shop', { url: lab.url }));
      expect(error).toMatchObject(failed('DUMP_FAILED', /The server says: Write on "s3:\/\/x" failed: 50/));
      expect((error as Error).message).not.toContain(secretAccessKey);
      expect(lab.listLeft()).toEqual([]);
      expect(takeWork(lab).at(-1)).toBe(DROP);
    },
  );

  test('is rid of what a server that has crashed has left by the next backup', async () => {
    await using lab = await BucketSite.start();
    lab.site.model.add('shop');
    const dump = await lab.site.begin('shop', { url: lab.url });
    const [name = ''] = lab.site.model.state.credentials.keys();
    await dump[Symbol.asyncDispose]();
    const left = name.replace(/[0-9a-f]{16}\.bak$/, `${'0'.repeat(16)}.bak`);
    const other = name.replace(/_[0-9a-f]{8}_/, '_00000000_');
    for (const file of [left, other, 'site_backups']) lab.site.model.state.credentials.set(file, 'keys');
    const keyOf = (file: string): string => `site/.exchange/${file}/${file}`;
    for (const file of [left, other]) lab.s3.objects.set(keyOf(file), { bytes: Buffer.alloc(1), metadata: {} });
    await lab.site.take('shop', { url: lab.url });
    expect(lab.listLeft()).toEqual([keyOf(other), other, 'site_backups']);
  });

  test('is told why no credential can be made for it', async () => {
    await using lab = await BucketSite.start();
    lab.site.model.add('shop');
    lab.site.model.failOn(/CREATE CREDENTIAL/, { number: 15247, message: 'User does not have permission.' });
    const error = await errorOf(lab.site.take('shop', { url: lab.url }));
    expect(error).toMatchObject(failed('DUMP_FAILED', /its login lacks a right\..*User does not have permission/));
    expect(JSON.stringify(error) + (error as Error).message).not.toContain(secretAccessKey);
    expect(lab.listLeft()).toEqual([]);
  });

  test('is refused when its URLs are longer than the server takes', async () => {
    const urlOf = (): string => `s3://host/${'x'.repeat(250)}`;
    await using lab = await BucketSite.start({ urlOf });
    const reason =
      'its URLs of the bucket have 260 characters, and SQL Server takes 259. Shorten the prefix in ARTIFACT_STORE, or name a folder.';
    expect(await errorOf(lab.site.probe(lab.url))).toMatchObject(unreachable(reason));
  });

  test.each([
    [{ version: '15.0.4375.4' }, 'Developer Edition (64-bit) of version 15.0.4375.4'],
    [{ edition: 'Express Edition (64-bit)', engineEdition: 4 }, 'Express Edition (64-bit) of version 16.0.4165.4'],
  ])('is refused when it is %o', async (product, what) => {
    await using lab = await BucketSite.start({}, product);
    lab.site.model.add('shop');
    const reason = `${what} does not write to S3: that takes SQL Server 2022 or later, and not Express. Name a folder with backupDir and backupDirLocal instead.`;
    expect(await errorOf(lab.site.probe(lab.url))).toMatchObject(unreachable(reason));
    expect(((await errorOf(lab.site.take('shop', { url: lab.url }))) as Error).message).toBe(
      `Database shop cannot be dumped: ${reason}`,
    );
  });

  test.each([
    [
      { sessionToken: 'token' },
      'SQL Server takes no S3 credentials that are good for a while alone. Give this server an access key.',
    ],
    [{ accessKeyId: 'a:b' }, 'SQL Server takes no S3 credentials that hold a colon. Make another access key.'],
    [
      { secretAccessKey: 'hunter2:3' },
      'SQL Server takes no S3 credentials that hold a colon. Make another access key.',
    ],
  ])('is not given credentials that it does not take: %o', async (more, reason) => {
    const getCredentials = async (): Promise<{ accessKeyId: string; secretAccessKey: string }> =>
      Promise.resolve({ accessKeyId, secretAccessKey, ...more });
    await using lab = await BucketSite.start({ getCredentials });
    lab.site.model.add('shop');
    expect(await errorOf(lab.site.probe(lab.url))).toMatchObject(unreachable(reason));
    expect(await errorOf(lab.site.take('shop', { url: lab.url }))).toMatchObject(
      failed('DUMP_FAILED', `Database shop cannot be dumped: ${reason}`),
    );
    expect(takeWork(lab).filter((sql) => sql.startsWith('CREATE'))).toEqual([]);
  });

  test('is not sent to a bucket over clear text, nor to one that does not answer us', async () => {
    await using clear = await BucketSite.start({ fault: 'S3_ENDPOINT is http://x, and SQL Server speaks HTTPS.' });
    expect(await errorOf(clear.site.probe(clear.url))).toMatchObject(unreachable(/^S3_ENDPOINT is http/));
    await using lab = await BucketSite.start();
    lab.s3.onRequest = ({ method }) => (method === 'HEAD' ? { status: 403, code: 'AccessDenied' } : null);
    expect(await errorOf(lab.site.probe(lab.url))).toMatchObject(
      unreachable(/^the bucket cannot be used: s3:\/\/backups\/site: .*[^.]\.$/),
    );
    expect(lab.listLeft()).toEqual([]);
  });

  test('needs a server that keeps its backups in a bucket', async () => {
    await using lab = await BucketSite.start();
    const engine = new SqlServerEngine();
    await expect(engine.probe(lab.url, new AbortController().signal)).rejects.toMatchObject({
      message: expect.stringContaining('backupDir=s3 takes a server that keeps its backups in S3 (ARTIFACT_STORE)'),
    });
  });
});

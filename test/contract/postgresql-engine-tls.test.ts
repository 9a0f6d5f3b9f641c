import { chmod, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCertificates, hasOpenssl } from '../support/certificates.js';
import type { TestCertificates } from '../support/certificates.js';
import { dumpErrorOf, probeErrorOf, unreachable } from '../support/postgres-engine.js';
import { hasPostgresPrograms, PostgresServer } from '../support/postgres-server.js';
import { TempDir } from '../support/temp-dir.js';

describe.skipIf(!hasPostgresPrograms || !hasOpenssl)('a PostgreSQL server with TLS', () => {
  let dir: TempDir;
  let certificates: TestCertificates;
  let server: PostgresServer;
  beforeAll(async () => {
    dir = await TempDir.create();
    certificates = await createCertificates(dir);
    server = await PostgresServer.start({
      certificates,
      settings: { log_connections: 'on' },
      access: [
        'hostssl all tls,postgres all trust',
        'hostnossl all plain all trust',
        'hostssl all client all cert',
        'host all any all trust',
      ],
    });
    await server.sql(`CREATE ROLE tls SUPERUSER LOGIN; CREATE ROLE plain SUPERUSER LOGIN;
      CREATE ROLE "any" SUPERUSER LOGIN; CREATE ROLE client SUPERUSER LOGIN`);
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await dir[Symbol.asyncDispose]();
  });

  /** What the probe and the dump meet; both must always go the same way. */
  async function errorsOf(user: string, sslmode: string, more: Record<string, string> = {}): Promise<unknown[]> {
    const { host = 'localhost', ...files } = more;
    const url = server.url({ user, host, parameters: { sslmode, ...files } });
    return [await probeErrorOf(url), await dumpErrorOf(url), await dumpErrorOf(url, { name: 'globals', system: true })];
  }

  const fine = [null, null, null];

  test.each(['allow', 'prefer', 'require'])('is reached with sslmode=%s where it takes TLS alone', async (mode) => {
    expect(await errorsOf('tls', mode)).toEqual(fine);
  });

  test.each(['disable', 'allow', 'prefer'])('is reached with sslmode=%s where it takes no TLS', async (mode) => {
    expect(await errorsOf('plain', mode)).toEqual(fine);
  });

  test.each([
    ['disable', false],
    ['allow', false],
    ['prefer', true],
    ['require', true],
  ])('is asked with sslmode=%s, encrypted: %s', async (sslmode, isEncrypted) => {
    const before = (await server.log()).length;
    expect(await errorsOf('any', sslmode)).toEqual(fine);
    const lines = (await server.log()).slice(before).match(/connection authorized: user=any .*/g) ?? [];
    expect(lines.length).toBeGreaterThanOrEqual(5);
    for (const line of lines) expect(line.includes('SSL enabled')).toBe(isEncrypted);
  });

  test.each(['disable', 'require'])('is not reached the other way with sslmode=%s', async (mode) => {
    const [error] = await errorsOf(mode === 'disable' ? 'tls' : 'plain', mode);
    expect(error).toMatchObject(unreachable('no pg_hba.conf entry'));
  });

  test.each(['require', 'verify-ca', 'verify-full'])('proves itself with sslmode=%s', async (mode) => {
    expect(await errorsOf('tls', mode, { sslrootcert: certificates.rootCert })).toEqual(fine);
  });

  test('is refused under a name that is not in its certificate, with verify-full alone', async () => {
    const parameters = { host: '127.0.0.1', sslrootcert: certificates.rootCert };
    expect(await errorsOf('tls', 'verify-ca', parameters)).toEqual(fine);
    const [error] = await errorsOf('tls', 'verify-full', parameters);
    expect(error).toMatchObject(unreachable('certificate is for another host name'));
  });

  test.each(['require', 'verify-ca', 'verify-full'])('is not trusted with another root (sslmode=%s)', async (mode) => {
    await using other = await TempDir.create();
    const { rootCert } = await createCertificates(other);
    const errors = await errorsOf('tls', mode, { sslrootcert: rootCert });
    expect(errors[0]).toMatchObject(unreachable('not signed by what sslrootcert holds'));
    expect(errors[1]).toMatchObject({ code: 'ENGINE_UNREACHABLE' });
  });

  test('is reached without TLS if that is preferred and the certificate is not trusted, as libpq does', async () => {
    await using other = await TempDir.create();
    const { rootCert } = await createCertificates(other);
    expect(await errorsOf('any', 'prefer', { sslrootcert: rootCert })).toEqual(fine);
  });

  test('asks for a certificate of the client, and takes it', async () => {
    const { clientCert: sslcert, clientKey: sslkey } = certificates;
    expect(await errorsOf('client', 'require', { sslcert, sslkey })).toEqual(fine);
    expect((await errorsOf('client', 'require'))[0]).toMatchObject(unreachable('valid client certificate'));

    await chmod(sslkey, 0o644);
    const [error] = await errorsOf('client', 'require', { sslcert, sslkey });
    expect(error).toMatchObject(unreachable('others may read the private key'));
    await chmod(sslkey, 0o600);
  });

  test('is not asked with files that are no certificates', async () => {
    await writeFile(dir.join('garbage'), 'no certificate', { mode: 0o600 });
    const garbage = dir.join('garbage');
    const [error] = await errorsOf('client', 'require', { sslcert: garbage, sslkey: garbage });
    expect(error).toMatchObject(unreachable('a TLS connection cannot be established'));
    const [rootError] = await errorsOf('tls', 'verify-ca', { sslrootcert: garbage });
    expect(rootError).toMatchObject(unreachable('not signed by what sslrootcert holds'));
  });

  test('has let its certificate expire', async () => {
    await using old = await TempDir.create();
    const expired = await createCertificates(old, -1);
    await using stale = await PostgresServer.start({ certificates: expired });
    const parameters = { sslmode: 'verify-full', sslrootcert: expired.rootCert };
    expect(await probeErrorOf(stale.url({ host: 'localhost', parameters }))).toMatchObject(unreachable('has expired'));
  });
});

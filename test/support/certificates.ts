import { execFile, spawnSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TempDir } from './temp-dir.js';

const run = promisify(execFile);
const fault = spawnSync('openssl', ['version']).error?.message ?? null;
export const opensslFault =
  fault === null ? null : `The openssl program is not there (${fault}): tests of TLS are skipped`;

/** Whether `createCertificates` works. Pass it to `describe.skipIf(!…)`. */
export const hasOpenssl = fault === null;

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Paths of PEM files: a root, and what it has signed. */
export interface TestCertificates {
  readonly rootCert: string;
  /** For the host name localhost alone. */
  readonly serverCert: string;
  readonly serverKey: string;
  /** For the user named client. */
  readonly clientCert: string;
  readonly clientKey: string;
}

/** @param days how long the server's certificate is valid; -1 = until yesterday */
export async function createCertificates(dir: TempDir, days = 10): Promise<TestCertificates> {
  const path = (name: string): string => dir.join(name);
  const [rootCert, rootKey] = [path('root.crt'), path('root.key')];
  await run('openssl', [
    ...['req', '-x509', ...NEW_KEY, '-days', '10', '-subj', '/CN=root'],
    ...['-keyout', rootKey, '-out', rootCert],
  ]);
  const sign = async (name: string, subject: string, validDays: number): Promise<void> => {
    const request = path(`${name}.csr`);
    const alternative = `subjectAltName=DNS:${subject}`;
    await run('openssl', [
      ...['req', ...NEW_KEY, '-subj', `/CN=${subject}`, '-addext', alternative],
      ...['-keyout', path(`${name}.key`), '-out', request],
    ]);
    await run('openssl', [
      ...['x509', '-req', '-in', request, '-CA', rootCert, '-CAkey', rootKey, '-CAcreateserial'],
      ...['-copy_extensions', 'copy', '-days', validDays.toString(), '-out', path(`${name}.crt`)],
    ]);
    await chmod(path(`${name}.key`), 0o600);
  };
  await sign('server', 'localhost', days);
  await sign('client', 'client', 10);
  return {
    rootCert,
    serverCert: path('server.crt'),
    serverKey: path('server.key'),
    clientCert: path('client.crt'),
    clientKey: path('client.key'),
  };
}

import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SslOptions } from 'mysql2';
import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { isVerifying } from './url.js';
import type { MysqlTarget } from './url.js';

/** @throws EngineUnreachableError when a file is not what it must be: the library would fail where nobody can catch it */
export async function toTls({ sslMode, sslFiles }: MysqlTarget): Promise<SslOptions> {
  const ca = await read(sslFiles.ca, 'ssl-ca');
  const cert = await read(sslFiles.cert, 'ssl-cert');
  const key = await read(sslFiles.key, 'ssl-key');
  if (ca !== null) check('ssl-ca', sslFiles.ca, () => new X509Certificate(ca));
  if (cert !== null && key !== null)
    check('ssl-cert or ssl-key', sslFiles.cert, () => createSecureContext({ cert, key }));
  return {
    ...(ca !== null && { ca }),
    ...(cert !== null && { cert }),
    ...(key !== null && { key }),
    rejectUnauthorized: isVerifying(sslMode),
    verifyIdentity: sslMode === 'VERIFY_IDENTITY',
  };
}

async function read(path: string | null, parameter: string): Promise<string | null> {
  if (path === null) return null;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new EngineUnreachableError(`the file ${path} (${parameter}) cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function check(parameter: string, path: string | null, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    const reason = `the file ${path ?? ''} (${parameter}) cannot be used (${messageOf(error)}). It must be in PEM format.`;
    throw new EngineUnreachableError(reason, { cause: error });
  }
}

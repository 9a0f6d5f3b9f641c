import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';
import type { SslOptions } from 'mysql2';
import { messageOf } from '../../domain/errors.js';
import { Engine } from '../../domain/instance.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { Product } from '../database-engine.js';
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

/**
 * MariaDB's dump program goes on in clear text when whoever answers says that he has no TLS, unless it verifies the name
 * of the host: who stands between could strip TLS off.
 * @returns why a connection must not be used so; null when it may
 */
export function findTlsFault({ sslMode, socket }: MysqlTarget, { engine }: Product): string | null {
  if (engine !== Engine.MARIADB || sslMode !== 'VERIFY_CA' || socket !== null) return null;
  return "with ssl-mode=VERIFY_CA MariaDB's dump program can be made to send all in clear text by whoever stands between. Use ssl-mode=VERIFY_IDENTITY, with the host name that is in the server's certificate.";
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

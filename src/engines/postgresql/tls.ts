import { readFile, stat } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { EngineUnreachableError } from '../database-engine.js';
import { isSocket } from './url.js';
import type { PostgresqlServer } from './url.js';

/** What group and others may do with a private key, by its owner, before libpq refuses it. */
const FORBIDDEN_KEY_BITS = { root: 0o027, other: 0o077 };

/** The ways in which to try to connect, the preferred one first: with TLS, or without (false). */
export async function toWays(server: PostgresqlServer): Promise<readonly (ConnectionOptions | false)[]> {
  // libpq does not encrypt what stays on one machine, whatever the mode.
  if (isSocket(server) || server.sslMode === 'disable') return [false];
  const tls = await toTls(server);
  switch (server.sslMode) {
    case 'allow':
      return [false, tls];
    case 'prefer':
      return [tls, false];
    case 'require':
    case 'verify-ca':
    case 'verify-full':
      return [tls];
  }
}

/** As libpq: a root certificate, once it is named, is held against the server's in every mode. */
async function toTls({ sslMode, sslRootCert, sslCert, sslKey }: PostgresqlServer): Promise<ConnectionOptions> {
  return {
    rejectUnauthorized: sslRootCert !== null,
    ...(sslRootCert !== null && { ca: await read(sslRootCert, 'sslrootcert') }),
    ...(sslMode !== 'verify-full' && { checkServerIdentity: (): undefined => undefined }),
    ...(sslCert !== null && { cert: await read(sslCert, 'sslcert') }),
    ...(sslKey !== null && { key: await readKey(sslKey) }),
  };
}

/** pg_dump refuses a key that others could read: better said when the instance is registered. */
async function readKey(path: string): Promise<Buffer> {
  const key = await read(path, 'sslkey');
  const { mode, uid } = await stat(path);
  if ((mode & (uid === 0 ? FORBIDDEN_KEY_BITS.root : FORBIDDEN_KEY_BITS.other)) === 0) return key;
  throw new EngineUnreachableError(
    `others may read the private key ${path} (sslkey). Take that right away: chmod 0600.`,
  );
}

async function read(path: string, parameter: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    const reason = `the file ${path} that ${parameter} names cannot be read (${code}). Put it there, and let this server's user read it.`;
    throw new EngineUnreachableError(reason, { cause: error });
  }
}

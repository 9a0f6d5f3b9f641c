import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from '../../domain/instance.js';
import { quoteOption } from './quote.js';
import { isVerifying } from './url.js';
import type { MysqlTarget } from './url.js';

interface OptionFileOrder {
  readonly target: MysqlTarget;
  readonly engine: Engine;
  /** Whether the connection is to be encrypted: what PREFERRED has come to. */
  readonly isEncrypted: boolean;
  /** Whether texts are given as the bytes that the server keeps. */
  readonly asBytes: boolean;
  readonly folder: string;
}

/**
 * Writes how a tool is to connect into a file that only this server's user may read: arguments and environments are
 * seen by others. It is to be the tool's only option file.
 * @returns its path
 */
export async function writeOptionFile({ folder, ...order }: OptionFileOrder): Promise<string> {
  const path = join(folder, 'client.cnf');
  const lines = ['[client]', ...connectionLines(order.target), ...tlsLines(order), ...dumpLines(order)];
  await writeFile(path, `${lines.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
  return path;
}

function connectionLines({ user, password, host, port, socket }: MysqlTarget): readonly string[] {
  return [
    `user=${quoteOption(user)}`,
    ...(password === null ? [] : [`password=${quoteOption(password)}`]),
    ...(socket === null
      ? ['protocol=TCP', `host=${quoteOption(host)}`, `port=${port.toString()}`]
      : ['protocol=SOCKET', `socket=${quoteOption(socket)}`]),
  ];
}

function dumpLines({ isEncrypted, engine, asBytes }: Omit<OptionFileOrder, 'folder'>): readonly string[] {
  const common = [`default-character-set=${asBytes ? 'binary' : 'utf8mb4'}`, 'max-allowed-packet=1G'];
  if (engine === Engine.MARIADB) return common;
  return [
    ...common,
    // Programs of 8.0 ask for histograms, which a server of 5.7 has none of.
    'loose-column-statistics=OFF',
    // As the probe does: without TLS a password of caching_sha2_password is sent under the server's key.
    ...(isEncrypted ? [] : ['loose-get-server-public-key=ON']),
  ];
}

function tlsLines({ target, engine, isEncrypted }: Omit<OptionFileOrder, 'folder'>): readonly string[] {
  const { sslMode, sslFiles } = target;
  const isMariadb = engine === Engine.MARIADB;
  if (!isEncrypted) return isMariadb ? ['skip-ssl'] : ['ssl-mode=DISABLED'];
  const files = Object.entries(sslFiles).flatMap(([kind, path]: [string, string | null]) =>
    path === null ? [] : [`ssl-${kind}=${quoteOption(path)}`],
  );
  if (!isMariadb) return [`ssl-mode=${isVerifying(sslMode) ? sslMode : 'REQUIRED'}`, ...files];
  // Of these programs an ssl-ca alone makes the signature count; the host's name counts with the verification.
  return ['ssl', `ssl-verify-server-cert=${sslMode === 'VERIFY_IDENTITY' ? '1' : '0'}`, ...files];
}

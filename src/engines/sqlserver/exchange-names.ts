import { createHash, randomBytes } from 'node:crypto';
import { EngineUnreachableError } from '../database-engine.js';
import { toStagedName } from '../staging-name.js';
import type { SqlServerConnection } from './connection.js';
import type { Exchange } from './exchange.js';
import type { SqlServer } from './url.js';

const PREFIX = 'rds_backup_';

/** A server, and the place in which it exchanges files with us. */
export interface ExchangePartner {
  readonly server: SqlServer;
  readonly exchange: Exchange;
}

/**
 * Name of a new backup file. It tells which server it is of, as several may share a folder: whether it is still in use only
 * that one knows.
 */
export function newBackupName(server: SqlServer): string {
  return `${prefixOf(server)}${randomBytes(8).toString('hex')}.bak`;
}

/** Name of the file that a restore loads from. */
export function toRestoreFileName(stagingId: string): string {
  return `${toStagedName(stagingId)}.bak`;
}

/**
 * Takes a name for as long as the connection is open: the server lets go of it itself when that is lost.
 * @throws EngineUnreachableError when another one has it
 */
export async function holdName(connection: SqlServerConnection, name: string): Promise<void> {
  const [row] = await connection.rows<{ result: number }>(
    `DECLARE @result int;
EXEC @result = master.sys.sp_getapplock @Resource = @name, @LockMode = 'Exclusive', @LockOwner = 'Session', @LockTimeout = 5000;
SELECT @result AS result;`,
    { name },
  );
  if (row === undefined || row.result < 0) {
    throw new EngineUnreachableError(`another server still works on ${name}. Try again in a moment.`);
  }
}

/**
 * Removes the backup files that nobody holds: a server that has crashed has left them. What cannot be removed is tried again
 * the next time.
 */
export async function removeAbandoned(
  connection: SqlServerConnection,
  { server, exchange }: ExchangePartner,
): Promise<void> {
  const names = await exchange.list(connection).catch((): readonly string[] => []);
  for (const name of names.filter((found) => found.startsWith(prefixOf(server)))) {
    const [row] = await connection.rows<{ isFree: number }>(
      `USE master;
SELECT APPLOCK_TEST('public', @name, 'Exclusive', 'Session') AS isFree;`,
      { name },
    );
    if (row?.isFree === 1) await release(server, exchange, name);
  }
}

/**
 * Removes the file of that name, and takes back what the server was given for it. What remains is for `removeAbandoned`: what
 * was given is how that finds a file of which nothing shows.
 */
export async function release(server: SqlServer, exchange: Exchange, name: string): Promise<void> {
  try {
    await exchange.file(name).remove();
    await exchange.revoke(server, name);
  } catch {
    // Nobody holds the name any more.
  }
}

/** By the address at which its locks are asked for: names of servers are not unique, and those of containers change. */
function prefixOf({ host, port, instanceName }: SqlServer): string {
  const address = `${host.toLowerCase()}\n${port?.toString() ?? ''}\n${port === null ? (instanceName ?? '').toLowerCase() : ''}`;
  return `${PREFIX}${createHash('sha256').update(address).digest('hex').slice(0, 8)}_`;
}

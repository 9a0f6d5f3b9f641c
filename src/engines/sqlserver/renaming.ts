import { toStagedName } from '../staging-name.js';
import type { SqlServerConnection } from './connection.js';
import { faultsOf } from './errors.js';
import { quoteIdentifier, quoteText } from './quote.js';
import type { PresentDatabase } from './swap-state.js';

export async function rename(connection: SqlServerConnection, from: string, to: string): Promise<void> {
  await connection.run(`ALTER DATABASE ${quoteIdentifier(from)} MODIFY NAME = ${quoteIdentifier(to)}`);
}

/**
 * Takes its name from a database that others use. Their sessions are ended by the same batch that renames it, from within, so
 * that none of them can take the only place in between; and it is as it was when that fails.
 */
export async function renameInUse(
  connection: SqlServerConnection,
  { name, access }: PresentDatabase,
  to: string,
): Promise<void> {
  const database = quoteIdentifier(name);
  await connection.run(`BEGIN TRY
USE ${database};
ALTER DATABASE ${database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE;
ALTER DATABASE ${database} MODIFY NAME = ${quoteIdentifier(to)};
END TRY
BEGIN CATCH
IF DB_ID(${quoteText(name)}) IS NOT NULL ALTER DATABASE ${database} SET ${access};
THROW;
END CATCH;
USE master;`);
}

export async function setAccess(connection: SqlServerConnection, name: string, access: string): Promise<void> {
  await connection.run(`ALTER DATABASE ${quoteIdentifier(name)} SET ${access}`);
}

/** One whose owner cannot be set, for want of a right, is the login's: that is no reason to give the restore up. */
export async function setOwner(connection: SqlServerConnection, database: string, owner: string): Promise<void> {
  await connection
    .run(`ALTER AUTHORIZATION ON DATABASE::${quoteIdentifier(database)} TO ${quoteIdentifier(owner)}`)
    .catch(throwIfLost);
}

/** Also one that is only half restored. */
export async function drop(connection: SqlServerConnection, name: string): Promise<void> {
  const database = quoteIdentifier(name);
  await connection.run(`ALTER DATABASE ${database} SET SINGLE_USER WITH ROLLBACK IMMEDIATE`).catch(throwIfLost);
  await connection.run(`DROP DATABASE ${database}`);
}

/** Removes what a restore or a proof has loaded. */
export async function dropStaged(connection: SqlServerConnection, stagingId: string): Promise<void> {
  const name = toStagedName(stagingId);
  const found = await connection.rows('SELECT name FROM sys.databases WHERE name = @name', { name });
  if (found.length > 0) await drop(connection, name);
}

/** What the server refuses is no matter; without a connection nothing else can be asked. */
function throwIfLost(error: unknown): void {
  if (faultsOf(error).length === 0) throw error;
}

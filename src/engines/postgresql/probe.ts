import type { Database } from '../../domain/database.js';
import { Engine, InstanceRole } from '../../domain/instance.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { Health } from '../database-engine.js';
import { isRestoreName } from '../staging-name.js';
import type { PostgresqlConnection } from './connection.js';
import { serverStateOf } from './errors.js';
import { quoteIdentifier } from './quote.js';

/** Databases that belong to PostgreSQL itself, or to a cloud that runs it. A template that a user has made does not. */
const SYSTEM_NAMES = new Set([
  'postgres',
  'template0',
  'template1',
  'rdsadmin',
  'cloudsqladmin',
  'azure_maintenance',
  'azure_sys',
]);

/** Databases that a refusal names. */
const NAMED_DATABASES = 5;

export function isSystemName(name: string): boolean {
  return SYSTEM_NAMES.has(name);
}

interface HealthRow {
  readonly version: string;
  readonly isInRecovery: boolean;
}

export async function readHealth(connection: PostgresqlConnection): Promise<Health> {
  const [row] = await connection.rows<HealthRow>(
    `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS "isInRecovery"`,
  );
  if (row === undefined) throw new EngineUnreachableError('it does not say which version it is.');
  return {
    engine: Engine.POSTGRESQL,
    // As in "15.19 (Debian 15.19-0+deb12u1)".
    engineVersion: row.version.split(' ')[0] ?? row.version,
    role: row.isInRecovery ? InstanceRole.STANDBY : InstanceRole.PRIMARY,
  };
}

interface DatabaseRow {
  readonly name: string;
  /** Decimal: it may be more than the library's integers hold. */
  readonly sizeBytes: string;
  readonly isBroken: boolean;
}

/** How long the sizes may take: the server looks at every file of every database for them. */
const SIZES_TIMEOUT_MS = 4000;
/** query_canceled: so it ends a statement that takes too long. */
const STATEMENT_TIMED_OUT = '57014';
const SIZE = `CASE WHEN has_database_privilege(oid, 'CONNECT') THEN pg_database_size(oid) ELSE 0 END::text`;

/**
 * A database whose removal was broken off (limit -2) is none to back up. One that takes no connections is: its dump
 * fails, which is better than a backup of all databases that lacks it in silence.
 */
function toDatabasesQuery(size: string): string {
  return `
    SELECT datname AS name, ${size} AS "sizeBytes", datconnlimit = -2 AS "isBroken"
    FROM pg_catalog.pg_database`;
}

/** Sizes that the server cannot tell in time are 0: a backup needs the names alone. */
export async function readDatabases(connection: PostgresqlConnection): Promise<readonly Database[]> {
  await connection.rows(`SET statement_timeout = ${SIZES_TIMEOUT_MS.toString()}`);
  const rows = await connection.rows<DatabaseRow>(toDatabasesQuery(SIZE)).catch((error: unknown) => {
    if (serverStateOf(error) !== STATEMENT_TIMED_OUT) throw error;
    return connection.rows<DatabaseRow>(toDatabasesQuery("'0'"));
  });
  return rows
    .filter(({ name }) => !isRestoreName(name))
    .map(({ name, sizeBytes, isBroken }) => ({
      name,
      sizeBytes: Number(sizeBytes),
      system: isBroken || isSystemName(name),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * That the user may connect to every database that a backup may be asked for, but those that nobody may: a server that
 * keeps an old database closed can be registered. @throws EngineUnreachableError
 */
export async function assertMayConnect(
  connection: PostgresqlConnection,
  databases: readonly Database[],
  user: string,
): Promise<void> {
  const rows = await connection.rows<{ name: string }>(
    `SELECT datname AS name FROM pg_catalog.pg_database
     WHERE datallowconn AND NOT has_database_privilege(oid, 'CONNECT') ORDER BY 1`,
  );
  const closed = new Set(rows.map(({ name }) => name));
  const names = databases.filter(({ name, system }) => !system && closed.has(name)).map(({ name }) => name);
  if (names.length === 0) return;
  const named = names.slice(0, NAMED_DATABASES);
  const more = names.length > named.length ? ` and ${(names.length - named.length).toString()} more` : '';
  const grants = named.map((name) => grantConnect(name, user)).join(' ');
  const reason = `its user may not connect to ${named.map((name) => JSON.stringify(name)).join(', ')}${more}. Let the server's administrator run: ${grants}`;
  throw new EngineUnreachableError(reason);
}

export function grantConnect(database: string, user: string): string {
  return `GRANT CONNECT ON DATABASE ${quoteIdentifier(database)} TO ${quoteIdentifier(user)};`;
}

import { Engine, InstanceRole } from '../../domain/instance.js';
import type { Database } from '../../domain/database.js';
import { compareVersions } from '../client-tools.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { Health, Product } from '../database-engine.js';
import { isRestoreName } from '../staging-name.js';
import type { MysqlConnection } from './connection.js';
import { serverErrorOf } from './errors.js';
import { Privileges } from './privileges.js';

/** Where the server keeps its users and grants. */
export const ACCOUNTS_DATABASE = 'mysql';

/** The server takes no other databases of these names, whatever their case; of all other names it may. */
const VIRTUAL_DATABASES = new Set(['information_schema', 'performance_schema']);
const SYS_SCHEMA = 'sys';
/** The first versions that come with the sys schema. */
const SYS_SINCE: Readonly<Partial<Record<Engine, string>>> = { [Engine.MARIADB]: '10.6', [Engine.MYSQL]: '5.7.7' };
/** How long the sizes may take: the server looks at every table for them. */
const SIZES_TIMEOUT_MS = 4000;
/** ER_STATEMENT_TIMEOUT of MariaDB, ER_QUERY_TIMEOUT of MySQL. */
const STATEMENT_TIMED_OUT: readonly (number | null)[] = [1969, 3024];
/** The least that a database takes: a page of InnoDB. */
const MIN_SIZE_BYTES = 16_384;
/** ER_SPECIFIC_ACCESS_DENIED_ERROR. */
const LACKS_PRIVILEGE = 1227;

export async function readProduct(connection: MysqlConnection): Promise<Product> {
  const [row] = await connection.query<{ version: string }>('SELECT VERSION() AS version');
  const version = row?.version ?? '';
  const engineVersion = /^\d+(\.\d+)+/.exec(version)?.[0];
  if (engineVersion === undefined) throw new EngineUnreachableError('its version is not one of MySQL or MariaDB.');
  return { engine: /mariadb/i.test(version) ? Engine.MARIADB : Engine.MYSQL, engineVersion };
}

export async function readHealth(connection: MysqlConnection): Promise<Health> {
  const product = await readProduct(connection);
  return { ...product, role: await readRole(connection, product) };
}

/** A server that replicates may be written to, and one that is read only need not replicate: only both make a replica. */
async function readRole(connection: MysqlConnection, product: Product): Promise<InstanceRole> {
  const [row] = await connection.query<{ readOnly: number | string }>('SELECT @@global.read_only AS readOnly');
  if (['0', 'OFF'].includes(String(row?.readOnly ?? 0))) return InstanceRole.PRIMARY;
  if (product.engine === Engine.MYSQL && (await isGroupSecondary(connection))) return InstanceRole.STANDBY;
  return (await hasReplicaStatus(connection, product)) ? InstanceRole.READ_REPLICA : InstanceRole.PRIMARY;
}

/** A server that knows nothing of groups, or says nothing of them to this user, is in none. */
async function isGroupSecondary(connection: MysqlConnection): Promise<boolean> {
  const sql =
    'SELECT MEMBER_ROLE AS role FROM performance_schema.replication_group_members WHERE MEMBER_ID = @@server_uuid';
  try {
    const [row] = await connection.query<{ role: string }>(sql);
    return row?.role === 'SECONDARY';
  } catch (error) {
    if (serverErrorOf(error) === null) throw error;
    return false;
  }
}

async function hasReplicaStatus(connection: MysqlConnection, product: Product): Promise<boolean> {
  const { engine, engineVersion } = product;
  const mysqlStatement = compareVersions(engineVersion, '8.0.22', 3) >= 0 ? 'SHOW REPLICA STATUS' : 'SHOW SLAVE STATUS';
  try {
    // MariaDB's plain statement shows one connection to a primary alone.
    const statement = engine === Engine.MARIADB ? 'SHOW ALL SLAVES STATUS' : mysqlStatement;
    return (await connection.query(statement)).length > 0;
  } catch (error) {
    if (serverErrorOf(error) !== LACKS_PRIVILEGE) throw error;
    const hasMonitor = engine === Engine.MARIADB && compareVersions(engineVersion, '10.5.9', 3) >= 0;
    const privilege = hasMonitor ? 'REPLICA MONITOR' : 'REPLICATION CLIENT';
    const privileges = await Privileges.read(connection, product);
    const grant = privileges.toGrant({ privilege, object: '*.*' });
    throw new EngineUnreachableError(
      `it is read only, and its user may not see whether it is a replica: that takes ${privilege}. As an administrator of the server run ${grant} and then try again.`,
      { cause: error },
    );
  }
}

/** The server's own estimates; null when it cannot tell them in time: a backup needs the names alone. */
async function readSizes(
  connection: MysqlConnection,
  { engine }: Product,
): Promise<ReadonlyMap<string, number> | null> {
  const limit = SIZES_TIMEOUT_MS.toString();
  const [before, hint] =
    engine === Engine.MARIADB
      ? [`SET STATEMENT max_statement_time = ${limit} / 1000 FOR`, '']
      : ['', `/*+ MAX_EXECUTION_TIME(${limit}) */`];
  const sql = `${before} SELECT ${hint} TABLE_SCHEMA AS name, SUM(DATA_LENGTH + INDEX_LENGTH) AS sizeBytes FROM information_schema.TABLES GROUP BY TABLE_SCHEMA`;
  try {
    const sizes = await connection.query<{ name: string; sizeBytes: number | string | null }>(sql);
    return new Map(sizes.map(({ name, sizeBytes }) => [name, Number(sizeBytes ?? 0)]));
  } catch (error) {
    if (!STATEMENT_TIMED_OUT.includes(serverErrorOf(error))) throw error;
    return null;
  }
}

export async function listDatabases(connection: MysqlConnection, product: Product): Promise<readonly Database[]> {
  const schemata = await connection.query<{ name: string }>(
    'SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA',
  );
  const sizeOf = await readSizes(connection, product);
  const isSysSchema = schemata.some(({ name }) => name === SYS_SCHEMA) && (await hasSysSchema(connection, product));
  // Every server has its users and grants, whether or not this user sees them: who cannot is told when they are read.
  const names = new Set([
    ...schemata.map(({ name }) => name).filter((name) => !isRestoreName(name)),
    ACCOUNTS_DATABASE,
  ]);
  return [...names].sort().map((name) => ({
    name,
    sizeBytes: sizeOf === null ? 0 : Math.max(MIN_SIZE_BYTES, sizeOf.get(name) ?? 0),
    system:
      name === ACCOUNTS_DATABASE || VIRTUAL_DATABASES.has(name.toLowerCase()) || (name === SYS_SCHEMA && isSysSchema),
  }));
}

/** Whether the database of that name is the server's, and not one that a user has called so. */
async function hasSysSchema(connection: MysqlConnection, { engine, engineVersion }: Product): Promise<boolean> {
  const find = async (sql: string): Promise<boolean> => (await connection.query(sql, [SYS_SCHEMA])).length > 0;
  const isMarked = await find(
    "SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'version' AND COLUMN_NAME = 'sys_version'",
  );
  if (isMarked) return true;
  if (await find('SELECT 1 FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? LIMIT 1')) return false;
  // Where its user sees nothing of it, the version alone tells.
  return compareVersions(engineVersion, SYS_SINCE[engine] ?? '0', 3) >= 0;
}

/** Refuses a user whose dumps would lack something without a word. @throws EngineUnreachableError */
export async function assertReadable(
  connection: MysqlConnection,
  product: Product,
  databases: readonly Database[],
): Promise<void> {
  const privileges = await Privileges.read(connection, product);
  const missing = privileges.findMissing(databases.filter(({ system }) => !system).map(({ name }) => name));
  if (missing !== null) throw new EngineUnreachableError(missing);
}

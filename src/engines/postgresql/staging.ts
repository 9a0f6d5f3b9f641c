import type { RestoreTarget } from '../database-restorer.js';
import { PostgresqlConnection } from './connection.js';
import { serverStateOf } from './errors.js';
import { quoteIdentifier } from './quote.js';
import type { PostgresqlServer } from './url.js';

/** How long whoever worked on the same restore before may take to end. */
const LOCK_TIMEOUT = '30s';
/** Hex digits of a staging id that make the key of its lock: positive, and within 64 bits. */
const KEY_DIGITS = 15;
/** ALTER DATABASE and DROP DATABASE are refused by a database of this limit: its removal was broken off. */
const BROKEN_LIMIT = -2;
/** DROP DATABASE ends sessions itself from this version on. */
const FIRST_WITH_FORCE = 130_000;
const FIRST_WITH_SUBSCRIPTIONS = 100_000;

export interface PresentDatabase {
  readonly name: string;
  readonly isTemplate: boolean;
  /** Whether it was half removed: then nothing but its removal works. */
  readonly isBroken: boolean;
}

/** The server by way of a database that no restore renames: a session cannot rename the one that it is in. */
export function besides(server: PostgresqlServer, database: string): PostgresqlServer {
  return server.database === database ? { ...server, database: 'postgres' } : server;
}

/**
 * A connection that alone works on a restore, until it is closed. A statement of an earlier try may still run, as of a server
 * that has crashed: it is ended. @throws EngineUnreachableError
 */
export async function openAlone(
  server: PostgresqlServer,
  { stagingId, signal }: Pick<RestoreTarget, 'stagingId' | 'signal'>,
): Promise<PostgresqlConnection> {
  const connection = await PostgresqlConnection.openForLongWork(server, signal);
  try {
    // Once it is said to be done it must survive a crash, whatever the role is used to.
    await connection.rows('SET synchronous_commit = on');
    await lock(connection, BigInt(`0x${stagingId.slice(0, KEY_DIGITS)}`).toString());
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

async function lock(connection: PostgresqlConnection, key: string): Promise<void> {
  const [row] = await connection.rows<{ isOurs: boolean }>('SELECT pg_try_advisory_lock($1::bigint) AS "isOurs"', [
    key,
  ]);
  if (row?.isOurs === true) return;
  await connection.rows(
    `SELECT pg_terminate_backend(pid) FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
       AND (classid::bigint << 32) + objid::bigint = $1::bigint AND objsubid = 1 AND granted`,
    [key],
  );
  await connection.rows(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  await connection.rows('SELECT pg_advisory_lock($1::bigint)', [key]);
  await connection.rows('SET lock_timeout = 0');
}

/** Those of the names that the server has. @throws EngineUnreachableError */
export async function findPresent(
  connection: PostgresqlConnection,
  names: readonly string[],
): Promise<ReadonlyMap<string, PresentDatabase>> {
  const rows = await connection.rows<PresentDatabase>(
    `SELECT datname AS name, datistemplate AS "isTemplate", datconnlimit = ${BROKEN_LIMIT.toString()} AS "isBroken"
     FROM pg_catalog.pg_database WHERE datname IN (SELECT json_array_elements_text($1::json))`,
    [JSON.stringify(names)],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

/** As server_version_num gives it. */
export async function readVersionNumber(connection: PostgresqlConnection): Promise<number> {
  const [row] = await connection.rows<{ version: string }>(`SELECT current_setting('server_version_num') AS version`);
  return Number(row?.version);
}

/** What is needed to remove a database that is ours, with all that is in it. */
export interface Removal {
  /** To another database. */
  readonly connection: PostgresqlConnection;
  readonly server: PostgresqlServer;
  readonly signal: AbortSignal;
}

/** Does nothing when it is not there. @throws EngineUnreachableError */
export async function dropDatabase(name: string, removal: Removal): Promise<void> {
  const { connection } = removal;
  const found = (await findPresent(connection, [name])).get(name);
  if (found === undefined) return;
  const database = `DATABASE ${quoteIdentifier(name)}`;
  const version = await readVersionNumber(connection);
  if (found.isTemplate) await connection.rows(`ALTER ${database} IS_TEMPLATE false`);
  if (version >= FIRST_WITH_SUBSCRIPTIONS && !found.isBroken) await dropSubscriptions(name, removal);
  if (version < FIRST_WITH_FORCE) await endSessions(connection, [name]);
  await connection.rows(`DROP ${database}${version < FIRST_WITH_FORCE ? '' : ' WITH (FORCE)'}`);
}

/** The server drops no database with subscriptions. Those of a copy must let go of the slot, which the original uses. */
async function dropSubscriptions(name: string, { connection, server, signal }: Removal): Promise<void> {
  const subscriptions = await connection.rows<{ name: string }>(
    `SELECT subname AS name FROM pg_catalog.pg_subscription JOIN pg_catalog.pg_database d ON d.oid = subdbid
     WHERE datname = $1`,
    [name],
  );
  if (subscriptions.length === 0) return;
  await using inside = await PostgresqlConnection.openForLongWork({ ...server, database: name }, signal);
  for (const subscription of subscriptions) {
    const quoted = quoteIdentifier(subscription.name);
    await inside.rows(`ALTER SUBSCRIPTION ${quoted} DISABLE`);
    await inside.rows(`ALTER SUBSCRIPTION ${quoted} SET (slot_name = NONE)`);
    await inside.rows(`DROP SUBSCRIPTION ${quoted}`);
  }
}

/** Those that this user may end; each by itself, because one that it may not would keep the rest. */
export async function endSessions(connection: PostgresqlConnection, names: readonly string[]): Promise<void> {
  for (const { pid } of await listSessions(connection, names)) {
    await connection.rows('SELECT pg_terminate_backend($1::int)', [pid]).catch((error: unknown) => {
      if (serverStateOf(error) === null) throw error;
    });
  }
}

export interface Session {
  readonly pid: string;
  readonly user: string | null;
  readonly application: string | null;
}

export async function listSessions(
  connection: PostgresqlConnection,
  names: readonly string[],
): Promise<readonly Session[]> {
  return await connection.rows<Session>(
    `SELECT pid::text, usename AS user, application_name AS application FROM pg_catalog.pg_stat_activity
     WHERE datname IN (SELECT json_array_elements_text($1::json)) AND pid <> pg_backend_pid() ORDER BY backend_start`,
    [JSON.stringify(names)],
  );
}

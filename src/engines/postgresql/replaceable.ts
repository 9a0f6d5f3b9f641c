import type { PostgresqlConnection } from './connection.js';
import { quoteIdentifier } from './quote.js';
import { restoreFailed } from './restore-failure.js';
import type { RestoreSubject } from './restore-failure.js';

interface DatabaseRow {
  readonly oid: string;
  readonly owner: string;
  readonly isOwn: boolean;
  readonly mayCreate: boolean;
  readonly hasSubscriptions: boolean;
}

/**
 * That nothing keeps a database from being replaced, if there is one: better said before a dump is loaded for hours, and
 * before anybody's session is ended. @throws RestoreFailedError
 */
export async function assertReplaceable(connection: PostgresqlConnection, subject: RestoreSubject): Promise<void> {
  const { database, user } = subject;
  const [row] = await connection.rows<DatabaseRow>(
    `SELECT d.oid::text, pg_get_userbyid(datdba) AS owner, pg_has_role(datdba, 'USAGE') AS "isOwn",
       rolsuper OR rolcreatedb AS "mayCreate", to_regclass('pg_catalog.pg_subscription') IS NOT NULL AS "hasSubscriptions"
     FROM pg_catalog.pg_database d, pg_catalog.pg_roles
     WHERE datname = $1 AND rolname = current_user`,
    [database],
  );
  if (row === undefined) return;
  const own = quoteIdentifier(user);
  if (!row.isOwn) {
    const grant = `GRANT ${quoteIdentifier(row.owner)} TO ${own};`;
    throw restoreFailed(
      database,
      `its user is not the owner of the one to be replaced. Let the administrator run: ${grant}`,
    );
  }
  if (!row.mayCreate) {
    const grant = `ALTER ROLE ${own} CREATEDB;`;
    throw restoreFailed(database, `its user may not rename databases. Let the administrator run: ${grant}`);
  }
  await assertNotReplicated(connection, database, row);
}

async function assertNotReplicated(
  connection: PostgresqlConnection,
  database: string,
  { oid, hasSubscriptions }: DatabaseRow,
): Promise<void> {
  const slots = await connection.rows<{ name: string }>(
    'SELECT slot_name AS name FROM pg_catalog.pg_replication_slots WHERE database = $1 ORDER BY 1',
    [database],
  );
  if (slots[0] !== undefined) {
    const reason = `others replicate the one to be replaced (logical replication slot ${quoteIdentifier(slots[0].name)}), and would lose track. Drop the slot with pg_drop_replication_slot, then try again.`;
    throw restoreFailed(database, reason);
  }
  if (!hasSubscriptions) return;
  const [subscription] = await connection.rows<{ name: string }>(
    'SELECT subname AS name FROM pg_catalog.pg_subscription WHERE subdbid = $1::oid ORDER BY 1',
    [oid],
  );
  if (subscription === undefined) return;
  const reason = `the one to be replaced replicates another (subscription ${quoteIdentifier(subscription.name)}). Drop the subscription, then try again.`;
  throw restoreFailed(database, reason);
}

import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { compareVersions } from '../client-tools.js';
import type { PostgresqlConnection } from './connection.js';
import { databaseGone, mayNotConnect, toSentence } from './failure.js';
import type { DumpSubject } from './failure.js';
import { quoteIdentifier } from './quote.js';

interface DatabaseRow {
  readonly takesConnections: boolean;
  readonly mayConnect: boolean;
}

/** That pg_dump can get into a database, and leaves out nothing of it without an error. @throws BackupFailedError */
export async function assertDumpable(connection: PostgresqlConnection, subject: DumpSubject): Promise<void> {
  const { database, user } = subject;
  const [row] = await connection.rows<DatabaseRow>(
    `SELECT datallowconn AS "takesConnections", has_database_privilege(oid, 'CONNECT') AS "mayConnect"
     FROM pg_catalog.pg_database WHERE datname = $1`,
    [database],
  );
  if (row === undefined) throw databaseGone(database);
  if (!row.takesConnections) {
    const name = quoteIdentifier(database);
    const reason = `it takes no connections. Let the server's administrator run: ALTER DATABASE ${name} ALLOW_CONNECTIONS true; or drop it; or choose the databases to back up.`;
    throw failed(database, reason);
  }
  if (!row.mayConnect) throw failed(database, mayNotConnect(database, user));
  await assertSubscriptionsDumpable(connection, subject);
}

/** Of what only a superuser may read, pg_dump leaves out subscriptions, and ends well. */
async function assertSubscriptionsDumpable(connection: PostgresqlConnection, subject: DumpSubject): Promise<void> {
  // They came with version 10.
  if (compareVersions(subject.serverVersion, '10', 1) < 0) return;
  const [hidden] = await connection.rows<{ name: string }>(
    `SELECT subname AS name FROM pg_catalog.pg_subscription JOIN pg_catalog.pg_database d ON d.oid = subdbid
     WHERE datname = $1 AND current_setting('is_superuser') = 'off' ORDER BY 1 LIMIT 1`,
    [subject.database],
  );
  if (hidden === undefined) return;
  const reason = `only a superuser may dump its subscription ${quoteIdentifier(hidden.name)}, which the backup would lack. Register the instance with a superuser in its URL, or drop the subscription.`;
  throw failed(subject.database, reason);
}

function failed(database: string, reason: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, toSentence(database, reason));
}

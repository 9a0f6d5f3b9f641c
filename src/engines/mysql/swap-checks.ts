import { restoreFailed } from './restore-failure.js';
import type { RestoreSession } from './restore-session.js';

/** @throws RestoreFailedError when the database cannot be replaced without breaking another */
export async function assertReplaceable(session: RestoreSession, database: string): Promise<void> {
  const keys = await session.connection.run<{ place: string; name: string; table: string; parent: string }>(
    `SELECT CONSTRAINT_SCHEMA AS place, CONSTRAINT_NAME AS name, TABLE_NAME AS \`table\`, UNIQUE_CONSTRAINT_SCHEMA AS parent
     FROM information_schema.REFERENTIAL_CONSTRAINTS WHERE UNIQUE_CONSTRAINT_SCHEMA = x'${Buffer.from(database).toString('hex')}'`,
  );
  const foreign = keys.find(
    ({ place, parent }) => session.isSame(parent, database) && !session.isSame(place, database),
  );
  if (foreign === undefined) return;
  const reason = `the foreign key ${foreign.name} of the table ${foreign.table} in the database ${foreign.place} refers to it. Drop that key, then try again, or restore it under another name.`;
  throw restoreFailed(database, reason);
}

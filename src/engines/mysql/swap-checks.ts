import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';
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

/** ER_SPECIFIC_ACCESS_DENIED_ERROR. */
const ACCESS_DENIED = 1227;
/** Bytes of a statement in which it stands. */
const HEADER_BYTES = 1024;
const DEFINER = /\bDEFINER=(`(?:[^`]|``)*`(?:@`(?:[^`]|``)*`)?)/;

/**
 * Makes a view of the name for each user whom the code runs as. Found out later, it would have to be undone by one who may
 * not do that either. @throws the server's error when the user may not name one of them
 */
export async function tryDefiners(
  { connection }: RestoreSession,
  { database, name, code }: { readonly database: string; readonly name: string; readonly code: readonly Buffer[] },
): Promise<void> {
  const headers = code.map((statement) => statement.toString('latin1', 0, HEADER_BYTES));
  const definers = new Set(
    headers.map((header) => DEFINER.exec(header)?.[1]).filter((definer) => definer !== undefined),
  );
  const view = `${quoteName(database)}.${quoteName(name)}`;
  const bytes = Buffer.from(view).toString('latin1');
  for (const definer of definers) {
    try {
      await connection.run(
        Buffer.from(`CREATE OR REPLACE DEFINER=${definer} VIEW ${bytes} AS SELECT 1 AS n`, 'latin1'),
      );
    } catch (error) {
      const number = serverErrorOf(error);
      // To make views at all takes a right of its own, which a database without views does not need.
      if (number === null || number === ACCESS_DENIED) throw error;
    }
  }
  await connection.run(`DROP VIEW IF EXISTS ${view}`);
}

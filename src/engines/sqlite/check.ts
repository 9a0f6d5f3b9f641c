import type { SqliteConnection } from './connection.js';

/**
 * What the check may keep of the copy in memory. It looks every row up in every index: with SQLite's 2 MB most of those
 * looks are a read of their own.
 */
const CHECK_CACHE_KIB = 32 * 1024;
/** Faults that a failure's message names. */
const NAMED_FAULTS = 3;

/**
 * What SQLite can say against a database: damaged pages and indexes, broken constraints, dangling references. A clause
 * whose subject is the database; null when it is sound.
 */
export async function findFault(connection: SqliteConnection): Promise<string | null> {
  await connection.all(`PRAGMA cache_size = -${CHECK_CACHE_KIB.toString()}`);
  const findings = await connection.all<{ integrity_check: string }>(
    `PRAGMA integrity_check(${NAMED_FAULTS.toString()})`,
  );
  const faults = findings.map((row) => row.integrity_check).filter((finding) => finding !== 'ok');
  if (faults.length > 0 || findings.length === 0) return `fails SQLite's integrity check: ${faults.join('; ')}`;
  const dangling = await connection.all<{ table: string; parent: string }>(
    `SELECT DISTINCT "table", parent FROM pragma_foreign_key_check LIMIT ${NAMED_FAULTS.toString()}`,
  );
  if (dangling.length === 0) return null;
  const pairs = dangling.map((row) => `${row.table} -> ${row.parent}`).join(', ');
  return `has rows that refer to missing ones (${pairs}). PRAGMA foreign_key_check lists them`;
}

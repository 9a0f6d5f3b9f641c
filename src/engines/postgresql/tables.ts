import type { TableRows } from '../../domain/backup.js';
import type { PostgresqlConnection } from './connection.js';
import { serverStateOf } from './errors.js';
import { quoteIdentifier } from './quote.js';

/** Below it are the server's own (FirstNormalObjectId). */
const FIRST_USER_OID = 16_384;

/** A table whose rows a dump holds, or a materialized view, which it has filled anew. */
export interface CountedTable {
  /** With its schema; quoted where it must be. */
  readonly name: string;
  /** Quoted. */
  readonly sql: string;
  /** Number of the file that holds its rows. */
  readonly file: string;
  readonly isView: boolean;
}

interface TableRow {
  readonly schema: string;
  readonly table: string;
  readonly file: string;
  readonly isView: boolean;
}

/** Ordinary tables, and partitions that hold rows. What belongs to an extension comes with that. */
const TABLES = `
  SELECT n.nspname AS schema, c.relname AS table, c.relfilenode::text AS file, c.relkind = 'm' AS "isView"
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
    AND c.relpersistence <> 't' AND c.oid >= ${FIRST_USER_OID.toString()}
    AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_depend
      WHERE classid = 'pg_catalog.pg_class'::regclass AND objid = c.oid AND deptype = 'e')`;

/** In the order of their names. @throws EngineUnreachableError */
export async function listTables(connection: PostgresqlConnection): Promise<readonly CountedTable[]> {
  const rows = await connection.rows<TableRow>(TABLES);
  return rows
    .map(({ schema, table, ...facts }) => ({
      ...facts,
      name: `${toShown(schema)}.${toShown(table)}`,
      sql: `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** By a rule of our own: the server's depends on its version, and names are compared across versions. */
function toShown(name: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(name) ? name : quoteIdentifier(name);
}

/**
 * The rows that a table has in the state that the connection sees, and null for a view: those of a stale one would be others
 * once it was restored. @throws EngineUnreachableError
 */
export async function countRows(
  connection: PostgresqlConnection,
  { sql, isView }: CountedTable,
): Promise<number | null> {
  if (isView) return null;
  const [row] = await connection.rows<{ rows: string }>(`SELECT count(*)::text AS rows FROM ONLY ${sql}`);
  return row === undefined ? null : Number(row.rows);
}

export const COUNTING_SAVEPOINT = 'counting';

/**
 * As `countRows`, in a transaction that must go on, and of a state that may be past: null when the count fails, or the
 * table was emptied, rewritten or replaced since. It keeps no lock.
 * @param connection with the savepoint `COUNTING_SAVEPOINT`
 */
export async function countPastRows(connection: PostgresqlConnection, table: CountedTable): Promise<number | null> {
  try {
    const rows = await countRows(connection, table);
    // What is asked of the catalogs is past, too; what these functions answer is not.
    const [now] = await connection.rows<{ file: string | null }>(
      'SELECT pg_relation_filenode(to_regclass($1))::text AS file',
      [table.sql],
    );
    return now?.file === table.file ? rows : null;
  } catch (error) {
    if (serverStateOf(error) === null) throw error;
    return null;
  } finally {
    await connection.rows(`ROLLBACK TO SAVEPOINT ${COUNTING_SAVEPOINT}`);
  }
}

/** @throws EngineUnreachableError */
export async function countAll(connection: PostgresqlConnection): Promise<readonly TableRows[]> {
  const counted: TableRows[] = [];
  for (const table of await listTables(connection)) {
    counted.push({ name: table.name, rows: await countRows(connection, table) });
  }
  return counted;
}

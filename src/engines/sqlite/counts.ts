import type { TableRows } from '../../domain/backup.js';
import type { SqliteConnection } from './connection.js';

/** Virtual tables have no page of their own: what they hold is in others. SQLite keeps names that begin so for itself. */
const REAL_TABLES = `SELECT name FROM sqlite_schema
  WHERE type = 'table' AND rootpage > 0 AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name`;

/** The rows of every table, in the order of their names. */
export async function countRows(connection: SqliteConnection): Promise<readonly TableRows[]> {
  const tables: TableRows[] = [];
  for (const { name } of await connection.all<{ name: string }>(REAL_TABLES)) {
    tables.push({ name, rows: await countTable(connection, name) });
  }
  return tables;
}

/** Null when SQLite does not understand the table's definition, as that of a newer version. */
async function countTable(connection: SqliteConnection, name: string): Promise<number | null> {
  try {
    const [row] = await connection.all<{ rows: number }>(
      `SELECT count(*) AS rows FROM "${name.replaceAll('"', '""')}"`,
    );
    return row?.rows ?? null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'SQLITE_ERROR') return null;
    throw error;
  }
}

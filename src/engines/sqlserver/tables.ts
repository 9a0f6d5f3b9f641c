import type { TableRows } from '../../domain/backup.js';
import type { SqlServerConnection } from './connection.js';
import { quoteIdentifier } from './quote.js';

/** How long whoever changes tables is waited for. */
const LOCK_TIMEOUT_MS = 5000;
const PLAIN_NAME = /^[a-z_]\w*$/i;

interface TableRow {
  readonly schemaName: string;
  readonly tableName: string;
  /** Decimal: it may be more than the library's integers hold. */
  readonly rowCount: string;
}

/** The user tables of a database, and how many rows the server has counted in each, in the order of their names. */
export async function readTables(connection: SqlServerConnection, database: string): Promise<readonly TableRows[]> {
  const catalog = `${quoteIdentifier(database)}.sys`;
  const rows = await connection.run<TableRow>(`SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS.toString()};
SELECT s.name AS schemaName, t.name AS tableName,
  CONVERT(nvarchar(20), ISNULL((SELECT SUM(p.rows) FROM ${catalog}.partitions AS p
    WHERE p.object_id = t.object_id AND p.index_id IN (0, 1)), 0)) AS [rowCount]
FROM ${catalog}.tables AS t JOIN ${catalog}.schemas AS s ON s.schema_id = t.schema_id
WHERE t.is_ms_shipped = 0;
SET LOCK_TIMEOUT -1;`);
  return rows
    .map(({ schemaName, tableName, rowCount }) => ({
      name: `${toShown(schemaName)}.${toShown(tableName)}`,
      rows: Number(rowCount),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function toShown(name: string): string {
  return PLAIN_NAME.test(name) ? name : quoteIdentifier(name);
}

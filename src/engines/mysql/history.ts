import { Engine } from '../../domain/instance.js';
import { compareVersions } from '../client-tools.js';
import type { Product } from '../database-engine.js';
import type { MysqlConnection } from './connection.js';

interface History {
  /** Whether the tool can dump the history of the database's system-versioned tables. */
  readonly hasHistory: boolean;
  /** What a reader of the dump must know: an SQL comment, or nothing. */
  readonly remark: string;
}

/**
 * MariaDB's tool leaves the history of tables out unless it is told. It knows how from 10.11 on, and refuses a database
 * in which any table's history goes by transactions (its columns are numbers then).
 */
export async function readHistory(connection: MysqlConnection, product: Product, database: string): Promise<History> {
  if (product.engine !== Engine.MARIADB) return { hasHistory: false, remark: '' };
  const count = async (sql: string): Promise<number> => {
    const [row] = await connection.query<{ n: number }>(sql, [database]);
    return row?.n ?? 0;
  };
  const versioned = await count(
    "SELECT COUNT(*) AS n FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'SYSTEM VERSIONED'",
  );
  if (versioned === 0) return { hasHistory: false, remark: '' };
  const byTransaction = await count(
    "SELECT COUNT(*) AS n FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint'",
  );
  if (byTransaction === 0 && compareVersions(product.engineVersion, '10.11', 2) >= 0) {
    return { hasHistory: true, remark: '' };
  }
  return { hasHistory: false, remark: '-- The history of system-versioned tables is not in this dump.\n' };
}

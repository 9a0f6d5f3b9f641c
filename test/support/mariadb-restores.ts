import type { TableRows } from '../../src/domain/backup.js';
import type { MariadbServer } from './mariadb-server.js';
import { quoted } from './mariadb-server.js';

/** The rows of each base table, as a dump's contents name and order them. */
export async function countRows(server: MariadbServer, database: string): Promise<readonly TableRows[]> {
  const tables = await server.sql(
    `SELECT TABLE_NAME, TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = x'${Buffer.from(database).toString('hex')}'`,
  );
  const counts: TableRows[] = [];
  for (const [name, type] of tables.map((row) => Object.values(row as Record<string, string>))) {
    if (name === undefined || (type !== 'BASE TABLE' && type !== 'SYSTEM VERSIONED')) continue;
    const history = type === 'SYSTEM VERSIONED' ? ' FOR SYSTEM_TIME ALL' : '';
    const [{ n }] = await server.sql(`SELECT COUNT(*) AS n FROM ${quoted(database)}.${quoted(name)}${history}`);
    counts.push({ name, rows: Number(n) });
  }
  return counts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

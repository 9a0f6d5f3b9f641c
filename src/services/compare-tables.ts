import type { TableRows } from '../domain/backup.js';

/** Differences that a sentence names. */
const NAMED_DIFFERENCES = 3;

/**
 * What differs between the tables that were recorded and those that were found; null when nothing does. Rows that could not
 * be counted when the backup was taken are not compared.
 */
export function compareTables(recorded: readonly TableRows[], found: readonly TableRows[]): string | null {
  const expected = new Map(recorded.map(({ name, rows }) => [name, rows]));
  const actual = new Map(found.map(({ name, rows }) => [name, rows]));
  const differences = [
    ...[...expected.keys()].filter((name) => !actual.has(name)).map((name) => `table ${name} is missing`),
    ...[...actual.keys()].filter((name) => !expected.has(name)).map((name) => `table ${name} was not there`),
    ...[...expected].flatMap(([name, rows]) => {
      const now = actual.get(name);
      if (rows === null || now === undefined || now === rows) return [];
      return [`table ${name} has ${String(now ?? 'an unknown number of')} rows and had ${rows.toString()}`];
    }),
  ];
  if (differences.length === 0) return null;
  const more = differences.length - NAMED_DIFFERENCES;
  return [...differences.slice(0, NAMED_DIFFERENCES), ...(more > 0 ? [`and ${more.toString()} more`] : [])].join('; ');
}

/** As in "12 tables, 3400 rows, all as recorded". */
export function describeTables(tables: readonly TableRows[]): string {
  const rows = tables.reduce((sum, table) => sum + (table.rows ?? 0), 0);
  const uncounted = tables.filter((table) => table.rows === null).length;
  if (uncounted > 0 && uncounted === tables.length) {
    return `${count(tables.length, 'table')}, all as recorded, of which the rows could not be counted when the backup was taken`;
  }
  const known = `${count(tables.length, 'table')}, ${count(rows, 'row')}, all as recorded`;
  return uncounted === 0 ? known : `${known}; of ${count(uncounted, 'table')} the rows had not been counted`;
}

/** As in "1 table" and "2 tables". */
export function count(amount: number, noun: string): string {
  return `${amount.toString()} ${noun}${amount === 1 ? '' : 's'}`;
}

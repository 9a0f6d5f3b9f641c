import { SqliteFile } from '../support/sqlite.js';

const PROJECTS = 5;
const INSTANCES = 50;

/** Values that differ from the row that is copied, as SQL over the number `i` of the copy. */
type Differences = Readonly<Record<string, string>>;

/**
 * Fills the catalog of a server that is stopped: copies of the one instance and the one backup that it holds, spread
 * over projects and instances. Some share their time of start, so that pages break within a tie.
 */
export async function fillCatalog(path: string, backups: number): Promise<void> {
  await using file = await SqliteFile.open(path);
  const instance = `'instance-' || (i % ${INSTANCES.toString()})`;
  const project = `'project-' || (i % ${PROJECTS.toString()})`;
  const startedAt = '1700000000000 + (i / 3) * 60000';
  const copies: readonly (readonly [table: string, count: number, differences: Differences])[] = [
    ['instances', INSTANCES, { id: instance, name: instance, project }],
    [
      'backups',
      backups,
      {
        id: "printf('backup-%08d', i)",
        name: "'nightly-' || i",
        project,
        instance_id: instance,
        instance_name: instance,
        started_at: startedAt,
        completed_at: `${startedAt} + 4000`,
      },
    ],
    ['backup_databases', backups, { backup_id: "printf('backup-%08d', i)" }],
  ];
  await file.exec('BEGIN');
  for (const [table, count, differences] of copies) await copyRows(file, { table, count, differences });
  await file.exec('COMMIT; PRAGMA wal_checkpoint(TRUNCATE)');
}

/** Takes the columns from the table itself: what a later migration adds is copied as it is. */
async function copyRows(
  file: SqliteFile,
  { table, count, differences }: { readonly table: string; readonly count: number; readonly differences: Differences },
): Promise<void> {
  const columns = (await file.all<{ name: string }>(`SELECT name FROM pragma_table_info('${table}')`)).map(
    ({ name }) => name,
  );
  await file.exec(`
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count.toString()})
    INSERT INTO ${table} (${columns.join(', ')})
    SELECT ${columns.map((column) => differences[column] ?? column).join(', ')}
    FROM n, (SELECT * FROM ${table} LIMIT 1)`);
}

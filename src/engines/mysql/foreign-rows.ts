import type { MysqlConnection } from './connection.js';

/** Of these the tools take the definition alone: the rows are those of other tables, or of other servers. */
export const FOREIGN_ENGINES = ['MRG_MYISAM', 'MRG_ISAM', 'CONNECT', 'OQGRAPH', 'SPIDER', 'VP', 'FEDERATED'];
/** Tables of CONNECT that are files. */
const FILE_TYPES = 'DOS|FIX|BIN|VEC|DBF|CSV|FMT|INI|XML|JSON|BSON';
/** Tables that a sentence names. */
const NAMED_TABLES = 20;

interface TableSource {
  readonly name: string;
  readonly engine: string;
  /** As information_schema has them. */
  readonly options: string;
}

interface ForeignRows {
  /** A table whose rows are the database's own, but left out by the tool; null when there is none. */
  readonly lost: string | null;
  /** Tables whose rows are not in the dump. */
  readonly names: readonly string[];
  /** What a reader of the dump must know: an SQL comment, or nothing. */
  readonly remark: string;
}

export async function readForeignRows(connection: MysqlConnection, database: string): Promise<ForeignRows> {
  const tables = await connection.query<TableSource>(
    `SELECT TABLE_NAME AS name, ENGINE AS engine, COALESCE(CREATE_OPTIONS, '') AS options FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND UPPER(ENGINE) IN (${FOREIGN_ENGINES.map((engine) => `'${engine}'`).join(', ')}) ORDER BY TABLE_NAME`,
    [database],
  );
  const lost = tables.find(keepsOwnRows)?.name ?? null;
  const names = tables.map(({ name }) => name);
  if (tables.length === 0) return { lost, names, remark: '' };
  // Quoted so, a name with a line break stays in the comment.
  const named = tables.slice(0, NAMED_TABLES).map(({ name, engine }) => `${JSON.stringify(name)} (${engine})`);
  const more = tables.length > NAMED_TABLES ? ` and ${String(tables.length - NAMED_TABLES)} more` : '';
  return {
    lost,
    names,
    remark: `-- The rows of these tables are kept elsewhere and are not in this dump: ${named.join(', ')}${more}.\n`,
  };
}

/** CONNECT keeps a table without the name of a file in a file of its own, beside those of the server. */
export function keepsOwnRows({ engine, options }: TableSource): boolean {
  if (engine.toUpperCase() !== 'CONNECT' || /\b(FILE_NAME|HTTP)\b/i.test(options)) return false;
  const type = /\bTABLE_TYPE\b`?\s*=\s*['"]?(\w+)/i.exec(options)?.[1] ?? 'DOS';
  return new RegExp(`^(${FILE_TYPES})$`, 'i').test(type);
}

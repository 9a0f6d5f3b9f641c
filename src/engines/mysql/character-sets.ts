import { Engine } from '../../domain/instance.js';
import type { Product } from '../database-engine.js';
import type { MysqlConnection } from './connection.js';

/** Every code of these comes back from utf8mb4 as it was. Of the others some have no character in Unicode, or one that two share. */
const KEPT = [
  ...['binary', 'ascii', 'utf8', 'utf8mb3', 'utf8mb4', 'ucs2', 'utf16', 'utf16le', 'utf32'],
  ...[
    'latin1',
    'latin2',
    'latin5',
    'latin7',
    'cp850',
    'cp852',
    'cp866',
    'koi8r',
    'koi8u',
    'keybcs2',
    'macce',
    'macroman',
  ],
];
/** Types that are sent as texts, and that take no bytes of a text. */
const NOT_FROM_BYTES = ['uuid', 'inet4', 'inet6', 'json', 'vector'];

interface TextWay {
  /** Whether texts are to be dumped as the bytes that the server keeps. */
  readonly asBytes: boolean;
  /** What a reader of the dump must know: an SQL comment, or nothing. */
  readonly remark: string;
}

/**
 * How the texts of a database pass unchanged. Only MariaDB's tool is known to give every text as bytes.
 */
export async function readTextWay(
  connection: MysqlConnection,
  { engine }: Product,
  database: string,
): Promise<TextWay> {
  const list = (names: readonly string[]): string => names.map((name) => `'${name}'`).join(', ');
  const sets = await connection.query<{ name: string }>(
    `SELECT DISTINCT CHARACTER_SET_NAME AS name FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = ? AND CHARACTER_SET_NAME NOT IN (${list(KEPT)}) ORDER BY 1`,
    [database],
  );
  if (sets.length === 0) return { asBytes: false, remark: '' };
  const others = await connection.query(
    `SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND DATA_TYPE IN (${list(NOT_FROM_BYTES)}) LIMIT 1`,
    [database],
  );
  if (engine === Engine.MARIADB && others.length === 0) return { asBytes: true, remark: '' };
  const names = sets.map(({ name }) => name).join(', ');
  return {
    asBytes: false,
    remark: `-- Characters of ${names} that Unicode lacks, or has once for several, are changed in this dump.\n`,
  };
}

import { Engine } from '../../domain/instance.js';
import { compareVersions } from '../client-tools.js';
import type { Product } from '../database-engine.js';
import type { MysqlConnection } from './connection.js';
import { quoteText } from './quote.js';

/**
 * What a dump without the name of its database lacks of it: its character set and its comment, as statements. Without a
 * name the current database is meant.
 * @returns null when the database is not there
 */
export async function readDefaults(
  connection: MysqlConnection,
  { engine, engineVersion }: Product,
  database: string,
): Promise<string | null> {
  const hasComment = engine === Engine.MARIADB && compareVersions(engineVersion, '10.5', 2) >= 0;
  const [schema] = await connection.query<{ characterSet: string; collation: string; comment: string }>(
    `SELECT DEFAULT_CHARACTER_SET_NAME AS characterSet, DEFAULT_COLLATION_NAME AS collation, ${hasComment ? 'SCHEMA_COMMENT' : "''"} AS comment FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?`,
    [database],
  );
  if (schema === undefined) return null;
  const statement = `ALTER DATABASE CHARACTER SET ${schema.characterSet} COLLATE ${schema.collation}`;
  if (schema.comment === '') return `${statement};\n`;
  // How the text is read must not hang on who restores.
  return `/*!40101 SET NAMES utf8mb4, sql_mode = '' */;\n${statement} COMMENT ${quoteText(schema.comment)};\n`;
}

import { Engine, InstanceRole } from '../../domain/instance.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { Health } from '../database-engine.js';
import type { SqlServerConnection } from './connection.js';
import { readDatabaseStates } from './database-states.js';
import type { DatabaseState } from './database-states.js';

/** SERVERPROPERTY('EngineEdition'): those that back their databases up to files. */
const EXPRESS = 4;
const SELF_HOSTED = new Set([1, 2, 3, EXPRESS]);
/** SQL Server 2014: the first to tell which replica of a database is the primary. */
const OLDEST_MAJOR = 12;
const FIRST_WITH_S3 = 16;

interface PropertiesRow {
  readonly version: string;
  readonly edition: string;
  readonly engineEdition: number;
  readonly dataPath: string | null;
  readonly logPath: string | null;
}

/** What of a server decides how it is backed up. */
export interface ServerFacts {
  /** As in 16.0.4165.4. */
  readonly version: string;
  /** As the server writes it, as in "Express Edition (64-bit)". */
  readonly edition: string;
  readonly compresses: boolean;
  /** Whether it can write its backups to S3. */
  readonly writesToS3: boolean;
  /** Folders for new databases, as the server sees them, with a separator at the end; null = it does not tell. */
  readonly dataPath: string | null;
  readonly logPath: string | null;
}

const PROPERTIES = `SELECT CONVERT(nvarchar(128), SERVERPROPERTY('ProductVersion')) AS version,
  CONVERT(nvarchar(128), SERVERPROPERTY('Edition')) AS edition,
  CONVERT(int, SERVERPROPERTY('EngineEdition')) AS engineEdition,
  CONVERT(nvarchar(512), SERVERPROPERTY('InstanceDefaultDataPath')) AS dataPath,
  CONVERT(nvarchar(512), SERVERPROPERTY('InstanceDefaultLogPath')) AS logPath`;

/** @throws EngineUnreachableError when it is none that can be backed up in this way */
export async function readServerFacts(connection: SqlServerConnection): Promise<ServerFacts> {
  const [row] = await connection.rows<PropertiesRow>(PROPERTIES);
  if (row === undefined) throw new EngineUnreachableError('it does not say which version it is.');
  const { version, edition, engineEdition, dataPath, logPath } = row;
  if (!SELF_HOSTED.has(engineEdition)) {
    throw new EngineUnreachableError(
      `it is ${edition}, a service of Azure that writes no backups to a folder of its own. Use the backups of that service.`,
    );
  }
  if (majorOf(version) < OLDEST_MAJOR) {
    throw new EngineUnreachableError(
      `its version is ${version}, and SQL Server 2014 (12.0) is the oldest that is known here.`,
    );
  }
  const isExpress = engineEdition === EXPRESS;
  return {
    version,
    edition,
    // BACKUP (Transact-SQL): Express and Web take backups without compression only.
    compresses: !isExpress && !edition.startsWith('Web'),
    writesToS3: !isExpress && majorOf(version) >= FIRST_WITH_S3,
    dataPath: toFolder(dataPath),
    logPath: toFolder(logPath ?? dataPath),
  };
}

/** The server gives the path as it was set. */
function toFolder(path: string | null): string | null {
  if (path === null || path === '') return null;
  const separator = path.startsWith('/') ? '/' : '\\';
  return path.endsWith(separator) ? path : `${path}${separator}`;
}

/** A backup loads into the same or a later version, never into an earlier one. */
export function acceptsDumpsOf(source: string, target: string): boolean {
  return majorOf(source) <= majorOf(target);
}

export async function readHealth(connection: SqlServerConnection): Promise<Health> {
  const { version } = await readServerFacts(connection);
  return { engine: Engine.SQLSERVER, engineVersion: version, role: toRole(await readDatabaseStates(connection)) };
}

/**
 * A server can hold primaries of some databases and copies of others. It is a primary as long as it has a database of its
 * own; one that holds copies alone is what they are.
 */
function toRole(databases: readonly DatabaseState[]): InstanceRole {
  const users = databases.filter(({ isSystem }) => !isSystem);
  const copies = users.filter(({ copy }) => copy !== null);
  if (copies.length === 0 || copies.length < users.length) return InstanceRole.PRIMARY;
  return copies.some(({ isReadable }) => isReadable) ? InstanceRole.READ_REPLICA : InstanceRole.STANDBY;
}

function majorOf(version: string): number {
  return Number(version.split('.')[0]);
}

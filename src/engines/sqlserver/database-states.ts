import type { Database } from '../../domain/database.js';
import { isRestoreName } from '../staging-name.js';
import type { SqlServerConnection } from './connection.js';

/** They belong to SQL Server itself. (`distribution` belongs to its replication, and its name is its owner's choice.) */
const SYSTEM_NAMES = new Set(['master', 'model', 'msdb', 'tempdb']);
/** It is made anew with every start, and cannot be backed up. */
const NEVER_BACKED_UP = 'tempdb';

/** That a database is kept in step with another one elsewhere. */
type Copy = 'secondary' | 'mirror' | 'standby';

/** A database as the server keeps it. */
export interface DatabaseState {
  readonly name: string;
  readonly sizeBytes: number;
  readonly isSystem: boolean;
  /** Null = it is no copy. */
  readonly copy: Copy | null;
  /** Whether it can be read now. */
  readonly isReadable: boolean;
  /** As sys.databases writes it. */
  readonly state: string;
  readonly isSnapshot: boolean;
}

interface StateRow {
  readonly name: string;
  readonly state: string;
  /** Decimal: it may be more than the library's integers hold. */
  readonly sizeBytes: string;
  readonly isSnapshot: boolean;
  readonly isStandby: boolean;
  readonly isReadable: boolean;
  /** sys.fn_hadr_is_primary_replica: null = in no availability group. */
  readonly isPrimaryReplica: boolean | null;
  /** sys.database_mirroring: 2 = the mirror. */
  readonly mirroringRole: number | null;
}

/** Each is asked for no more than it takes: to look into a database waits for whoever changes it, and wakes one that sleeps. */
const STATES = `SELECT d.name, d.state_desc AS state,
  CONVERT(nvarchar(20), ISNULL((SELECT SUM(CONVERT(bigint, f.size)) FROM sys.master_files AS f
    WHERE f.database_id = d.database_id AND f.type <> 1), 0) * 8192) AS sizeBytes,
  CONVERT(bit, CASE WHEN d.source_database_id IS NULL THEN 0 ELSE 1 END) AS isSnapshot,
  d.is_in_standby AS isStandby,
  CONVERT(bit, CASE WHEN d.replica_id IS NULL AND d.is_in_standby = 0 THEN 1 ELSE ISNULL(HAS_DBACCESS(d.name), 0) END) AS isReadable,
  CASE WHEN d.replica_id IS NOT NULL THEN CONVERT(bit, sys.fn_hadr_is_primary_replica(d.name)) END AS isPrimaryReplica,
  CONVERT(int, m.mirroring_role) AS mirroringRole
FROM sys.databases AS d LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id`;

/** All that the server has, in the order of their names, but for what restores have put beside. */
export async function readDatabaseStates(connection: SqlServerConnection): Promise<readonly DatabaseState[]> {
  const rows = await connection.rows<StateRow>(STATES);
  return rows
    .filter(({ name }) => !isRestoreName(name))
    .map((row) => ({ ...row, sizeBytes: Number(row.sizeBytes), isSystem: isSystemName(row.name), copy: toCopy(row) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

export function toDatabase(state: DatabaseState): Database {
  const { name, sizeBytes, isSystem: system } = state;
  const reason = findUnavailableReason(state);
  if (reason === null) return { name, sizeBytes, system };
  return { name, sizeBytes, system, unavailableReason: reason, ...(isBroken(state) ? { isBroken: true } : {}) };
}

/** Of the system databases those that a backup holds. */
export function isKept({ name, system }: Database): boolean {
  return system && name.toLowerCase() !== NEVER_BACKED_UP;
}

/** The server's own names, however they are written: most servers do not tell the case of names. */
export function isSystemName(name: string): boolean {
  return SYSTEM_NAMES.has(name.toLowerCase());
}

/** Why a database cannot be backed up now: a clause; null when it can. */
export function findUnavailableReason({ name, state, copy, isSnapshot }: DatabaseState): string | null {
  if (name.toLowerCase() === NEVER_BACKED_UP) return 'it is made anew with every start of the server.';
  if (isSnapshot) return 'it is a snapshot of another database. Back that one up.';
  switch (copy) {
    case 'secondary':
      return 'this server has a secondary replica of it. Back it up on the primary of its availability group.';
    case 'mirror':
      return 'this server has a mirror of it. Back it up on the principal.';
    case 'standby':
      return 'it is a standby copy that is kept up with restored logs. Back its primary up.';
    case null:
      return state === 'ONLINE' ? null : (STATE_REASONS[state] ?? `its state is ${state}.`);
  }
}

/** Whether it is the server's own to back up, and ought to be there. */
function isBroken({ state, copy, isSnapshot }: DatabaseState): boolean {
  return copy === null && !isSnapshot && BROKEN_STATES.has(state);
}

/** The others are what somebody wanted them to be. */
const BROKEN_STATES = new Set(['RECOVERING', 'RECOVERY_PENDING', 'SUSPECT', 'EMERGENCY']);
const STATE_REASONS: Readonly<Record<string, string>> = {
  OFFLINE: 'it is offline. Bring it online there (ALTER DATABASE … SET ONLINE).',
  RESTORING: 'it is being restored, or waits for more logs to be restored.',
  RECOVERING: 'it is recovering. Try again in a moment.',
  RECOVERY_PENDING: "it cannot be recovered for want of its files or of room. See the server's log.",
  SUSPECT: "it is suspect: its files may be damaged. See the server's log.",
  EMERGENCY: 'it is in emergency mode. Repair it and bring it online.',
};

function toCopy({ isPrimaryReplica, mirroringRole, isStandby }: StateRow): Copy | null {
  if (isPrimaryReplica === false) return 'secondary';
  if (mirroringRole === 2) return 'mirror';
  return isStandby ? 'standby' : null;
}

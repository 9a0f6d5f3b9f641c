import { EngineUnreachableError } from '../database-engine.js';
import type { RestoreTarget } from '../database-restorer.js';
import { withFullStop } from '../server-errors.js';
import { toReplacedName, toStagedName } from '../staging-name.js';
import type { SqlServerConnection } from './connection.js';
import { restoreFailed } from './failure.js';

/**
 * What the server has by each of the three names. Renaming is no part of a transaction there, so a swap goes in steps, and
 * whoever takes it over sees by these how far it is:
 *
 * - staged, perhaps with a target: it has not begun
 * - staged and replaced: the old one is aside, and the new one has not got its name yet
 * - a target that is ours: the new one has its name; what is aside is to be removed
 *
 * All else is the work of others.
 */
export interface Names {
  readonly target: string;
  readonly staged: string;
  readonly replaced: string;
  /** Part of the name of each file that this restore has made. */
  readonly stagingId: string;
}

export interface Present {
  /** As the server writes it: it may not tell the case of names. Null = there is none. */
  readonly target: PresentDatabase | null;
  readonly staged: PresentDatabase | null;
  readonly replaced: PresentDatabase | null;
}

export interface PresentDatabase {
  readonly name: string;
  /** Whether its files are those that this restore has made. */
  readonly isOurs: boolean;
  /** Login that owns it; null when it is gone. */
  readonly owner: string | null;
  /** MULTI_USER, SINGLE_USER or RESTRICTED_USER. */
  readonly access: string;
  /** As sys.databases writes it. */
  readonly state: string;
  /** Of an availability group or a mirroring session: the server then neither renames nor drops it. */
  readonly isShared: boolean;
  /** Those keep it from being dropped. */
  readonly hasSnapshots: boolean;
  /** Published, or subscribed to another: the server then does not drop it. */
  readonly isReplicated: boolean;
}

interface PresentRow extends PresentDatabase {
  readonly role: keyof Present;
}

const PRESENT = `SELECT CASE d.name WHEN @staged THEN N'staged' WHEN @replaced THEN N'replaced' ELSE N'target' END AS role, d.name,
  SUSER_SNAME(d.owner_sid) AS owner, d.user_access_desc AS access, d.state_desc AS state,
  CONVERT(bit, CASE WHEN EXISTS (SELECT * FROM sys.master_files AS f
    WHERE f.database_id = d.database_id AND f.physical_name LIKE N'%[_]' + @stagingId + N'%') THEN 1 ELSE 0 END) AS isOurs,
  CONVERT(bit, CASE WHEN d.replica_id IS NOT NULL OR m.mirroring_guid IS NOT NULL THEN 1 ELSE 0 END) AS isShared,
  CONVERT(bit, CASE WHEN EXISTS (SELECT * FROM sys.databases AS s
    WHERE s.source_database_id = d.database_id) THEN 1 ELSE 0 END) AS hasSnapshots,
  CONVERT(bit, d.is_published | d.is_subscribed | d.is_merge_published | d.is_distributor) AS isReplicated
FROM sys.databases AS d LEFT JOIN sys.database_mirroring AS m ON m.database_id = d.database_id
WHERE d.name IN (@target, @staged, @replaced)`;

export async function readPresent(connection: SqlServerConnection, names: Names): Promise<Present> {
  const rows = await connection.rows<PresentRow>(PRESENT, { ...names });
  const find = (wanted: keyof Present): PresentDatabase | null => rows.find(({ role }) => role === wanted) ?? null;
  return { target: find('target'), staged: find('staged'), replaced: find('replaced') };
}

export function toNames({ database, stagingId }: Pick<RestoreTarget, 'database' | 'stagingId'>): Names {
  return { target: database, staged: toStagedName(stagingId), replaced: toReplacedName(stagingId), stagingId };
}

/** That the server lets it be renamed and dropped. @throws RestoreFailedError */
export function assertReplaceable({ name, state, isShared, hasSnapshots, isReplicated }: PresentDatabase): void {
  const another = 'Or restore under another name.';
  if (isShared) {
    throw restoreFailed(
      name,
      `the one to be replaced belongs to an availability group or a mirroring session. Take it out of that first. ${another}`,
    );
  }
  if (hasSnapshots) throw restoreFailed(name, `the one to be replaced has snapshots. Drop those first. ${another}`);
  if (isReplicated) {
    throw restoreFailed(
      name,
      `the one to be replaced takes part in replication. Take it out of that first. ${another}`,
    );
  }
  if (state !== 'ONLINE') {
    throw restoreFailed(
      name,
      `the one to be replaced is ${state}. Drop or detach it first, then restore again. ${another}`,
    );
  }
}

/** Somebody has made a database of that name while the old one was aside: none of them may be touched. */
export function assertNoStranger({ target, replaced }: Present, names: Names): void {
  if (target === null || target.isOurs || replaced === null) return;
  throw unsettled(names, `somebody has created a database named ${names.target} meanwhile. Rename or drop that one.`);
}

export function unsettled({ target, staged, replaced }: Names, reason: string): EngineUnreachableError {
  return new EngineUnreachableError(
    `the database ${target} is half replaced: the old one is named ${replaced} there, the new one ${staged}: ${withFullStop(reason)}`,
  );
}

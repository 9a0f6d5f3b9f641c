import { QueryFailedError } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { UniqueViolationError } from './catalog.js';
import type { UniqueKey } from './catalog.js';

/** Any fixed number: it names the lock among the advisory locks of the catalog's database. */
const EVENT_ORDER_LOCK = 5_741_001;
export const MIGRATION_LOCK = 5_741_002;

/**
 * Makes ids of events grow in commit order. On PostgreSQL a sequence hands out ids before their transactions commit, so
 * a reader that saw 11 could miss a 10 still in flight; the lock is held until the transaction ends. SQLite has one writer.
 */
export async function lockEventOrder(manager: EntityManager): Promise<void> {
  if (manager.connection.options.type !== 'postgres') return;
  await manager.query('SELECT pg_advisory_xact_lock($1)', [EVENT_ORDER_LOCK]);
}

/** How each unique index shows in the error: PostgreSQL names the index, SQLite the columns. */
const UNIQUE_KEYS: readonly (readonly [trace: string, key: UniqueKey])[] = [
  ['instances_project_name', 'instance-name'],
  ['instances.project, instances.name', 'instance-name'],
  ['backups_project_name', 'backup-name'],
  ['backups.project, backups.name', 'backup-name'],
  ['backups_one_building', 'building-backup'],
  ['backups.instance_id', 'building-backup'],
  ['restores_one_running', 'running-restore'],
  ['restores.target_instance_id', 'running-restore'],
];

export async function translateUniqueViolation<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof QueryFailedError)) throw error;
    const found = UNIQUE_KEYS.find(([trace]) => error.message.includes(trace));
    if (found === undefined) throw error;
    throw new UniqueViolationError(found[1], { cause: error });
  }
}

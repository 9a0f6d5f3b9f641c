import { findFault, placeRefusal } from '../api/refusal';
import type { Refusal } from '../api/refusal';
import type { BackupRecordFragment } from '../gql/graphql';
import type { RestoredDatabase } from './restored-databases';

/** Refusals that are about one field of the dialog. */
const PLACES = {
  INSTANCE_NOT_FOUND: 'targetInstanceId',
  INSTANCE_NOT_PRIMARY: 'targetInstanceId',
  INSTANCE_NOT_AVAILABLE: 'targetInstanceId',
  INSTANCE_UNREACHABLE: 'targetInstanceId',
  BACKUP_IN_PROGRESS: 'targetInstanceId',
  DATABASE_NOT_FOUND: 'databases',
  RESTORE_TARGET_EXISTS: 'overwrite',
};

export function placeRestoreRefusal(refusal: Refusal | null, { status }: BackupRecordFragment): Refusal | null {
  // What cannot be restored is the backup itself, or a completed one to this target.
  return placeRefusal(refusal, {
    ...PLACES,
    ...(status === 'COMPLETED' ? { BACKUP_NOT_RESTORABLE: 'targetInstanceId' } : {}),
  });
}

/** What the server has against the choice of databases as a whole. */
export function findDatabasesFault(refusal: Refusal | null): string | undefined {
  return refusal?.fields.find(({ path }) => path === 'databases')?.message;
}

/** What the server has against one of the databases. @param chosen as they were sent: faults tell their places */
export function findRestoreAsFault(
  refusal: Refusal | null,
  chosen: readonly RestoredDatabase[],
  name: string,
): string | undefined {
  const index = chosen.findIndex((database) => database.name === name);
  return index === -1 ? undefined : findFault(refusal, `databases.${index.toString()}`);
}

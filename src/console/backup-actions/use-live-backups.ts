import { useFragment } from '@apollo/client/react';
import { BACKUP_RECORD } from '../api/records';
import type { BackupRecordFragment } from '../gql/graphql';

/** The same backups as the server tells of them now. Of one that is gone, what was known last. */
export function useLiveBackups(backups: readonly BackupRecordFragment[]): readonly BackupRecordFragment[] {
  const { data } = useFragment<BackupRecordFragment>({
    fragment: BACKUP_RECORD,
    fragmentName: 'BackupRecord',
    from: backups.map(({ id }) => ({ __typename: 'Backup', id })),
  });
  const live = data as readonly (Partial<BackupRecordFragment> | null)[];
  return backups.map((backup, index) => ({ ...backup, ...live[index] }));
}

import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import type { ReactElement } from 'react';
import type { useBackupActions } from '../backup-actions/use-backup-actions';
import type { BackupRecordFragment } from '../gql/graphql';

export type BackupActions = ReturnType<typeof useBackupActions>;

interface BackupMenuProps {
  readonly backup: BackupRecordFragment;
  readonly actions: BackupActions;
}

/** What can be done with one backup. */
export function BackupMenu({ backup, actions }: BackupMenuProps): ReactElement {
  return (
    <ButtonDropdown
      expandToViewport
      ariaLabel={`More operations on ${backup.name}`}
      items={actions.itemsOf(backup)}
      onItemClick={({ detail }) => {
        actions.open(detail.id, [backup]);
      }}
    >
      More
    </ButtonDropdown>
  );
}

import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { BackupTable } from '../backups/backup-table';
import type { InstanceRecordFragment } from '../gql/graphql';
import { BackupHistory } from './backup-history';
import { BackupPolicyPanel } from './backup-policy-panel';
import { RestoresTable } from './restores-table';

interface BackupsTabProps {
  readonly instance: InstanceRecordFragment;
  readonly onCreateBackup: () => void;
}

/** What was taken of the instance and what was restored to it, and what will be taken. */
export function BackupsTab({ instance, onCreateBackup }: BackupsTabProps): ReactElement {
  return (
    <SpaceBetween size="l">
      <BackupPolicyPanel instance={instance} />
      <BackupTable
        table="instance-backups"
        filter={{ instanceId: instance.id }}
        isOfOneInstance
        title="Backups"
        onCreate={onCreateBackup}
      />
      <RestoresTable instanceId={instance.id} />
      <BackupHistory instanceId={instance.id} />
    </SpaceBetween>
  );
}

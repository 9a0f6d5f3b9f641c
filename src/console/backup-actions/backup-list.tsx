import Box from '@cloudscape-design/components/box';
import Icon from '@cloudscape-design/components/icon';
import List from '@cloudscape-design/components/list';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { formatBytes, formatTime } from '../display/format';
import { BACKUP_TYPES } from '../display/words';
import type { BackupRecordFragment } from '../gql/graphql';

interface ListedBackup {
  readonly backup: BackupRecordFragment;
  /** Why nothing is done with it. */
  readonly reason?: string | undefined;
}

interface BackupListProps {
  readonly label: string;
  readonly backups: readonly ListedBackup[];
}

/** Backups that something is about to happen to, or not. */
export function BackupList({ label, backups }: BackupListProps): ReactElement {
  return (
    <div>
      <Box variant="awsui-key-label">{label}</Box>
      <List
        ariaLabel={label}
        items={backups}
        renderItem={({ backup, reason }) => ({
          id: backup.id,
          content: <Box fontWeight="bold">{backup.name}</Box>,
          secondaryContent: (
            <SpaceBetween size="xxs">
              <Box color="text-body-secondary">{describe(backup)}</Box>
              {reason !== undefined && (
                <Box color="text-status-warning">
                  <Icon name="status-warning" /> {reason}
                </Box>
              )}
            </SpaceBetween>
          ),
        })}
      />
    </div>
  );
}

function describe({ type, instanceName, startedAt, storedBytes }: BackupRecordFragment): string {
  const size = storedBytes === null ? '' : `, ${formatBytes(storedBytes)}`;
  return `${BACKUP_TYPES[type]}, of ${instanceName}, ${formatTime(startedAt)}${size}`;
}

import SpaceBetween from '@cloudscape-design/components/space-between';
import Tabs from '@cloudscape-design/components/tabs';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { CreateBackupDialog } from '../create-backup/create-backup-dialog';
import type { InstanceRecordFragment } from '../gql/graphql';
import { DeleteInstanceDialog } from '../instances/delete-instance-dialog';
import { EditInstanceDialog } from '../instances/edit-instance-dialog';
import type { InstanceAction } from '../instances/instance-menu';
import { useUrlParameters } from '../tables/use-url-parameters';
import { BackupsTab } from './backups-tab';
import { InstanceHeader } from './instance-header';
import { OverviewTab } from './overview-tab';
import { RunningWork } from './running-work';

const OVERVIEW = 'overview';
const BACKUPS = 'backups';

interface InstanceDetailProps {
  readonly instance: InstanceRecordFragment;
}

/** An instance that is there. */
export function InstanceDetail({ instance }: InstanceDetailProps): ReactElement {
  const [open, setOpen] = useState<InstanceAction | null>(null);
  const [parameters, change] = useUrlParameters();
  const createBackup = (): void => {
    setOpen('create-backup');
  };
  return (
    <SpaceBetween size="l">
      <InstanceHeader instance={instance} onChoose={setOpen} />
      <RunningWork instance={instance} />
      <Tabs
        ariaLabel={`Views of ${instance.name}`}
        activeTabId={parameters.get('tab') === BACKUPS ? BACKUPS : OVERVIEW}
        onChange={({ detail }) => {
          change({ tab: detail.activeTabId });
        }}
        tabs={[
          { id: OVERVIEW, label: 'Overview', content: <OverviewTab instance={instance} /> },
          {
            id: BACKUPS,
            label: 'Backups & Restorations',
            content: <BackupsTab instance={instance} onCreateBackup={createBackup} />,
          },
        ]}
      />
      {open !== null &&
        toDialog(open, instance, () => {
          setOpen(null);
        })}
    </SpaceBetween>
  );
}

function toDialog(action: InstanceAction, instance: InstanceRecordFragment, onDismiss: () => void): ReactElement {
  switch (action) {
    case 'create-backup':
      return <CreateBackupDialog instance={instance} onDismiss={onDismiss} />;
    case 'edit':
      return <EditInstanceDialog instance={instance} onDismiss={onDismiss} />;
    case 'delete':
      return <DeleteInstanceDialog instance={instance} onDismiss={onDismiss} />;
  }
}

import { useQuery } from '@apollo/client/react';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import type { ReactElement } from 'react';
import { useBackupActions } from '../backup-actions/use-backup-actions';
import { WorkProgress } from '../display/work-progress';
import type { InstanceRecordFragment } from '../gql/graphql';
import { RUNNING_BACKUP } from './operations';

/** The backup or the restore that goes on; nothing while none does. */
export function RunningWork({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement | null {
  const { activeBackup, activeRestore } = instance;
  if (activeBackup !== null) return <RunningBackup key={activeBackup.id} backup={activeBackup} />;
  return activeRestore === null ? null : <RunningRestore restore={activeRestore} />;
}

interface RunningBackupProps {
  readonly backup: NonNullable<InstanceRecordFragment['activeBackup']>;
}

function RunningBackup({ backup: { id, name, progress } }: RunningBackupProps): ReactElement {
  const { open, dialog } = useBackupActions();
  // All of it, for the dialog; the live updates have brought it already.
  const { data } = useQuery(RUNNING_BACKUP, { variables: { id } });
  const backup = data?.backup;
  const label = `Backing up: ${name}`;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button
              disabled={backup == null}
              ariaLabel={`Cancel backup ${name}`}
              onClick={() => {
                if (backup != null) open('cancel', [backup]);
              }}
            >
              Cancel Backup
            </Button>
          }
        >
          {label}
        </Header>
      }
    >
      <WorkProgress label={label} progress={progress} />
      {dialog}
    </Container>
  );
}

interface RunningRestoreProps {
  readonly restore: NonNullable<InstanceRecordFragment['activeRestore']>;
}

function RunningRestore({ restore: { backupName, progress } }: RunningRestoreProps): ReactElement {
  const label = `Restoring: ${backupName}`;
  return (
    <Container header={<Header variant="h2">{label}</Header>}>
      <WorkProgress label={label} progress={progress} />
    </Container>
  );
}

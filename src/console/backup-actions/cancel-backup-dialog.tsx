import { useMutation } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import type { ReactElement } from 'react';
import { WorkProgress } from '../display/work-progress';
import { Dialog } from '../forms/dialog';
import { useAction } from '../forms/use-action';
import type { BackupRecordFragment } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { CANCEL_BACKUP } from './operations';
import { findCancelRefusal } from './refusals';

interface CancelBackupDialogProps {
  readonly backup: BackupRecordFragment;
  readonly onDismiss: () => void;
}

/** Stops a backup that is being created. */
export function CancelBackupDialog({ backup, onDismiss }: CancelBackupDialogProps): ReactElement {
  const { id, name, instanceName, progress } = backup;
  const { startedWork } = useConsole();
  const [cancelBackup] = useMutation(CANCEL_BACKUP);
  const { run, isBusy, refusal } = useAction(async () => {
    await cancelBackup({ variables: { input: { backupId: id } } });
    // It may take a while to stop, and may be a backup that somebody else has begun.
    startedWork.add({ kind: 'backup', id, name });
    onDismiss();
  });
  // While it is being cancelled it ends: that is no reason against it.
  const lateRefusal = isBusy ? undefined : findCancelRefusal(backup);
  return (
    <Dialog
      header={`Cancel backup ${name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Cancel Backup"
      dismissLabel={lateRefusal === undefined ? 'Keep Going' : 'Close'}
      isSubmitDisabled={lateRefusal !== undefined}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      {lateRefusal === undefined && (
        <Alert type="warning" header="What has been copied so far is removed">
          The backup stops, and cannot be continued. It stays in the list as cancelled, and {instanceName} is available
          again. The databases themselves are not touched.
        </Alert>
      )}
      {lateRefusal === undefined && <WorkProgress label={`Progress of backup ${name}`} progress={progress} />}
      {lateRefusal !== undefined && refusal === null && (
        <Alert type="info" header="There is nothing left to cancel">
          {lateRefusal}
        </Alert>
      )}
    </Dialog>
  );
}

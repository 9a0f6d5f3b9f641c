import { useMutation, useQuery } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import { Dialog } from '../forms/dialog';
import { TypedConfirmation } from '../forms/typed-confirmation';
import { useAction } from '../forms/use-action';
import type { InstanceRecordFragment } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { DELETE_INSTANCE, INSTANCE_BACKUP_COUNTS } from './operations';

interface DeleteInstanceDialogProps {
  readonly instance: InstanceRecordFragment;
  readonly onDismiss: () => void;
  /** Called instead of `onDismiss` once the instance is deleted, for pages that have nothing to show any more. */
  readonly onDeleted?: () => void;
}

/** Takes an instance out of the service. Its automated backups go with it, its manual ones stay. */
export function DeleteInstanceDialog({ instance, onDismiss, onDeleted }: DeleteInstanceDialogProps): ReactElement {
  const { notices } = useConsole();
  const [confirmation, setConfirmation] = useState('');
  const [deleteInstance] = useMutation(DELETE_INSTANCE);
  const { data } = useQuery(INSTANCE_BACKUP_COUNTS, {
    variables: { instanceId: instance.id },
    fetchPolicy: 'network-only',
  });
  const { run, isBusy, refusal } = useAction(async () => {
    const answer = await deleteInstance({ variables: { input: { instanceId: instance.id } } });
    const { deletedAutomatedBackups = 0, retainedManualBackups = 0 } = answer.data?.deleteInstance ?? {};
    notices.add({
      id: `deleted-${instance.id}`,
      type: 'success',
      header: `Instance ${instance.name} is deleted.`,
      content: `${formatCount(deletedAutomatedBackups, 'automated backup')} deleted with it, ${formatCount(retainedManualBackups, 'manual backup')} retained.`,
    });
    (onDeleted ?? onDismiss)();
  });

  return (
    <Dialog
      header={`Delete ${instance.name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Delete"
      isSubmitDisabled={confirmation !== instance.name}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      <Alert type="warning" header="Its automated backups are deleted with it, its manual backups are retained">
        {data !== undefined && (
          <>
            It has {formatCount(data.automated.totalCount, 'automated backup')} and{' '}
            {formatCount(data.manual.totalCount, 'manual backup')}.{' '}
          </>
        )}
        Retained backups stay in Backup Management and can be restored to another instance. The instance itself and its
        databases are not touched.
      </Alert>
      <TypedConfirmation expected={instance.name} value={confirmation} onChange={setConfirmation} />
    </Dialog>
  );
}

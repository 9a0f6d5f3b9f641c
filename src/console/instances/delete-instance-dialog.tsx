import { useFragment, useMutation, useQuery } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { INSTANCE_RECORD } from '../api/records';
import { formatCount } from '../display/format';
import { Dialog } from '../forms/dialog';
import { TypedConfirmation } from '../forms/typed-confirmation';
import { useAction } from '../forms/use-action';
import type { InstanceRecordFragment } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { DELETE_INSTANCE, INSTANCE_BACKUP_COUNTS } from './operations';
import { findChangeRefusal } from './refusals';

interface DeleteInstanceDialogProps {
  readonly instance: InstanceRecordFragment;
  readonly onDismiss: () => void;
}

/** Takes an instance out of the service. Its automated backups go with it, its manual ones stay. */
export function DeleteInstanceDialog({ instance, onDismiss }: DeleteInstanceDialogProps): ReactElement {
  const { notices } = useConsole();
  const [confirmation, setConfirmation] = useState('');
  const [deleteInstance] = useMutation(DELETE_INSTANCE);
  const changeRefusal = useChangeRefusal(instance);
  const { data, error } = useQuery(INSTANCE_BACKUP_COUNTS, {
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
    onDismiss();
  });

  return (
    <Dialog
      header={`Delete ${instance.name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Delete"
      isSubmitDisabled={confirmation !== instance.name || changeRefusal !== undefined}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      <Alert type="warning" header="Its automated backups are deleted with it, its manual backups are retained">
        {error !== undefined && 'How many backups it has could not be read. '}
        {error === undefined && data !== undefined && (
          <>
            It has {formatCount(data.automated.totalCount, 'automated backup')} and{' '}
            {formatCount(data.manual.totalCount, 'manual backup')}.{' '}
          </>
        )}
        Retained backups stay in Backup Management and can be restored to another instance. The instance itself and its
        databases are not touched.
      </Alert>
      {changeRefusal !== undefined && <Alert type="info">{changeRefusal}</Alert>}
      <TypedConfirmation expected={instance.name} value={confirmation} onChange={setConfirmation} />
    </Dialog>
  );
}

/** Of the instance as it is now: an operation may have begun since the dialog was opened. */
function useChangeRefusal(instance: InstanceRecordFragment): string | undefined {
  const { data, complete } = useFragment({
    fragment: INSTANCE_RECORD,
    fragmentName: 'InstanceRecord',
    from: { __typename: 'Instance', id: instance.id },
  });
  return findChangeRefusal(complete ? data : instance, 'deleted');
}

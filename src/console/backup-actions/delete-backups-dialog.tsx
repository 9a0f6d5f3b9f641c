import { useMutation } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { MAX_DELETED_BACKUPS } from '../../domain/naming';
import { formatCount } from '../display/format';
import { Dialog } from '../forms/dialog';
import { TypedConfirmation } from '../forms/typed-confirmation';
import { useAction } from '../forms/use-action';
import type { BackupRecordFragment, DeleteBackupsMutation } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { BackupList } from './backup-list';
import { DeletionResults } from './deletion-results';
import type { RefusedDeletion } from './deletion-results';
import { DELETE_BACKUPS } from './operations';
import { findDeleteRefusal } from './refusals';

type DeleteResult = DeleteBackupsMutation['deleteBackup']['results'][number];

interface DeleteBackupsDialogProps {
  readonly backups: readonly BackupRecordFragment[];
  readonly onDismiss: () => void;
}

/** Of a backup that could not be deleted when the dialog was opened, and can be now. */
const LATE = 'It could not be deleted when this dialog was opened: open it again';

/** Deletes backups for good, as far as they can be: those that cannot keep no other. */
export function DeleteBackupsDialog({ backups, onDismiss }: DeleteBackupsDialogProps): ReactElement {
  const { startedWork } = useConsole();
  const [confirmation, setConfirmation] = useState('');
  // One that becomes deletable while the dialog is open was not what its user has confirmed.
  const [offered] = useState(() => new Set(backups.filter(isDeletable).map(({ id }) => id)));
  const [results, setResults] = useState<readonly DeleteResult[]>([]);
  const [deleteBackups] = useMutation(DELETE_BACKUPS);

  const asked = new Set(results.map(({ backupId }) => backupId));
  const left = backups.filter(({ id }) => !asked.has(id));
  const deletable = left.filter((backup) => offered.has(backup.id) && isDeletable(backup));
  const refused = left.filter((backup) => !deletable.includes(backup));
  const { run, isBusy, refusal } = useAction(async () => {
    const answers: DeleteResult[] = [];
    for (let start = 0; start < deletable.length; start += MAX_DELETED_BACKUPS) {
      const ids = deletable.slice(start, start + MAX_DELETED_BACKUPS).map(({ id }) => id);
      const { data } = await deleteBackups({ variables: { input: { ids } } });
      answers.push(...(data?.deleteBackup.results ?? []));
      setResults([...results, ...answers]);
      for (const { backupId, error } of data?.deleteBackup.results ?? []) {
        const backup = backups.find(({ id }) => id === backupId);
        if (backup !== undefined && error === null) {
          startedWork.add({ kind: 'deletion', id: backupId, name: backup.name });
        }
      }
    }
    if (answers.every(({ error }) => error === null)) onDismiss();
  });

  const failures = toRefused(results, backups);
  if (!isBusy && refusal === null && failures.length > 0) {
    return (
      <DeletionResults acceptedCount={results.length - failures.length} refused={failures} onDismiss={onDismiss} />
    );
  }
  const only = backups.length === 1 ? backups[0] : undefined;
  const expected = only?.name ?? 'delete';
  const canDelete = isBusy || deletable.length > 0;
  return (
    <Dialog
      header={`Delete ${only === undefined ? formatCount(backups.length, 'backup') : only.name}`}
      isBusy={isBusy}
      refusal={refusal}
      submitLabel="Delete"
      isSubmitDisabled={!canDelete || confirmation !== expected}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      {canDelete && (
        <Alert type="warning" header="What is deleted cannot be got back">
          The stored files are removed for good. The instance and its databases are not touched.
        </Alert>
      )}
      {deletable.length > 0 && (
        <BackupList
          label={`To be deleted (${deletable.length.toString()})`}
          backups={deletable.map((backup) => ({ backup }))}
        />
      )}
      {!isBusy && refused.length > 0 && (
        <BackupList
          label={`Cannot be deleted (${refused.length.toString()})`}
          backups={refused.map((backup) => ({ backup, reason: findDeleteRefusal(backup) ?? LATE }))}
        />
      )}
      {canDelete && <TypedConfirmation expected={expected} value={confirmation} onChange={setConfirmation} />}
    </Dialog>
  );
}

function isDeletable(backup: BackupRecordFragment): boolean {
  return findDeleteRefusal(backup) === undefined;
}

function toRefused(
  results: readonly DeleteResult[],
  backups: readonly BackupRecordFragment[],
): readonly RefusedDeletion[] {
  return results.flatMap(({ backupId, error }) => {
    const backup = backups.find(({ id }) => id === backupId);
    return error === null || backup === undefined ? [] : [{ backup, ...error }];
  });
}

import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { findFault } from '../api/refusal';
import { Dialog } from '../forms/dialog';
import { TypedConfirmation } from '../forms/typed-confirmation';
import { useAction } from '../forms/use-action';
import { useConfirmation } from '../forms/use-confirmation';
import type { BackupRecordFragment, RestoreBackupInput } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { DatabasesTable } from './databases-table';
import { RESTORE_BACKUP } from './operations';
import { OverwriteField } from './overwrite-field';
import { findRestoreRefusal } from './refusals';
import type { RestoredDatabase } from './restored-databases';
import { findDatabasesFault, findRestoreAsFault, placeRestoreRefusal } from './restore-faults';
import { findTargetRefusal } from './target-fit';
import { TargetField } from './target-field';
import { useRestoreChoice } from './use-restore-choice';
import { useTarget } from './use-target';
import { useTargetDatabases } from './use-target-databases';

interface RestoreDialogProps {
  readonly backup: BackupRecordFragment;
  readonly onDismiss: () => void;
}

/** Restores databases of a backup to an instance: its own, or another of the same engine. */
export function RestoreDialog({ backup, onDismiss }: RestoreDialogProps): ReactElement {
  const { startedWork } = useConsole();
  const { target, ownRefusal, setTargetId } = useTarget(backup);
  const [present, askAgain] = useTargetDatabases(target?.id ?? null);
  const { databases, chosen, choose, rename, evade } = useRestoreChoice(backup);
  const [overwrite, setOverwrite] = useState(false);
  const [restoreBackup] = useMutation(RESTORE_BACKUP);

  const names = present.state === 'known' ? present.names : new Set<string>();
  const clashes = chosen.filter(({ restoreAs }) => names.has(restoreAs));
  const canReplace = target !== null && overwrite && (present.state !== 'known' || clashes.length > 0);
  const [confirmation, setConfirmation] = useConfirmation(JSON.stringify([target?.id, overwrite, toNames(clashes)]));
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    if (target === null) return;
    if (canReplace && present.state === 'known') {
      const now = await askAgain();
      const replaced = chosen.filter(({ restoreAs }) => now?.has(restoreAs) !== false);
      // Something has come there since it was confirmed: the dialog shows it now, and asks anew.
      if (toNames(replaced) !== toNames(clashes)) return;
    }
    // What was not confirmed is not replaced: the server then refuses, and says what is there.
    const input = toInput({ backupId: backup.id, targetInstanceId: target.id, overwrite: canReplace }, databases);
    const { data } = await restoreBackup({ variables: { input } }).catch((error: unknown) => {
      // What the target has may have changed since it was asked.
      void askAgain();
      throw error;
    });
    if (data != null) startedWork.add({ kind: 'restore', id: data.restoreBackup.restore.id, name: backup.name });
    onDismiss();
  });
  const lateRefusal = isBusy ? undefined : findRestoreRefusal(backup);
  const targetRefusal = target === null || isBusy ? undefined : findTargetRefusal(backup, target);
  const placed = placeRestoreRefusal(refusal, backup);
  const isReady =
    target !== null &&
    targetRefusal === undefined &&
    chosen.length > 0 &&
    chosen.every(({ fault }) => fault === undefined) &&
    (overwrite || clashes.length === 0) &&
    (!canReplace || confirmation === target.name);

  return (
    <Dialog
      header={`Restore ${backup.name}`}
      size="large"
      isBusy={isBusy}
      refusal={placed}
      submitLabel="Restore"
      isSubmitDisabled={!isReady || lateRefusal !== undefined}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      <TargetField
        backup={backup}
        value={target}
        ownRefusal={ownRefusal}
        errorText={lateRefusal ?? targetRefusal ?? findFault(placed, 'targetInstanceId')}
        onChange={(id) => {
          setTargetId(id);
          forgetRefusal();
        }}
      />
      <DatabasesTable
        databases={databases}
        hasSystem={backup.databases.some(({ system }) => system)}
        target={present}
        overwrite={overwrite}
        errorText={chosen.length === 0 ? 'Choose at least one database.' : findDatabasesFault(placed)}
        findServerFault={(name) => findRestoreAsFault(placed, chosen, name)}
        onChoose={(chosenNames) => {
          choose(chosenNames);
          forgetRefusal();
        }}
        onRename={(name, restoreAs) => {
          rename(name, restoreAs);
          forgetRefusal();
        }}
      />
      {target !== null && (
        <OverwriteField
          targetName={target.name}
          target={present}
          clashes={clashes}
          value={overwrite}
          errorText={findFault(placed, 'overwrite')}
          onAskAgain={() => void askAgain()}
          onEvade={() => {
            evade(names);
            forgetRefusal();
          }}
          onChange={(isChosen) => {
            setOverwrite(isChosen);
            forgetRefusal();
          }}
        />
      )}
      {canReplace && <TypedConfirmation expected={target.name} value={confirmation} onChange={setConfirmation} />}
    </Dialog>
  );
}

function toNames(databases: readonly { readonly restoreAs: string }[]): string {
  return JSON.stringify(databases.map(({ restoreAs }) => restoreAs).sort());
}

/** None named is all, also where they are more than can be named. */
function toInput(
  input: Omit<RestoreBackupInput, 'databases'>,
  databases: readonly RestoredDatabase[],
): RestoreBackupInput {
  const isWhole = databases.every(({ isChosen, name, restoreAs }) => isChosen && name === restoreAs);
  const chosen = databases.filter(({ isChosen }) => isChosen);
  return { ...input, databases: isWhole ? null : chosen.map(({ name, restoreAs }) => ({ name, restoreAs })) };
}

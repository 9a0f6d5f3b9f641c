import { useMutation } from '@apollo/client/react';
import Checkbox from '@cloudscape-design/components/checkbox';
import FormField from '@cloudscape-design/components/form-field';
import Input from '@cloudscape-design/components/input';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { BACKUP_DESCRIPTION, BACKUP_NAME } from '../../domain/naming';
import { findFault, placeRefusal } from '../api/refusal';
import { Dialog } from '../forms/dialog';
import { findBreach, NAME_HINT } from '../forms/rules';
import { useAction } from '../forms/use-action';
import { useConsole } from '../shell/console-context';
import { DatabasesField } from './databases-field';
import { DescriptionField } from './description-field';
import { InstanceField } from './instance-field';
import { CREATE_BACKUP } from './operations';
import { suggestBackupName } from './suggested-name';

/** Refusals that are about one field of the dialog. */
const PLACES = { BACKUP_NAME_TAKEN: 'name', DATABASE_NOT_FOUND: 'databases' };
/** Those that are about the instance, where the dialog has a field for it. */
const INSTANCE_PLACES = {
  INSTANCE_NOT_FOUND: 'instanceId',
  INSTANCE_NOT_PRIMARY: 'instanceId',
  INSTANCE_NOT_AVAILABLE: 'instanceId',
  BACKUP_IN_PROGRESS: 'instanceId',
  INSTANCE_UNREACHABLE: 'instanceId',
};

interface Named {
  readonly id: string;
  readonly name: string;
}

interface CreateBackupDialogProps {
  /** The instance to back up; null = the dialog asks for it. */
  readonly instance: Named | null;
  readonly onDismiss: () => void;
}

/** Creates a manual backup: the same dialog for all three ways to it (source document, methods 1 to 3). */
export function CreateBackupDialog(props: CreateBackupDialogProps): ReactElement {
  const { startedWork } = useConsole();
  const [openedAt] = useState(() => new Date());
  const [instance, setInstance] = useState(props.instance);
  /** Null while nobody has changed the suggestion. */
  const [typedName, setTypedName] = useState<string | null>(null);
  const [databases, setDatabases] = useState<readonly string[]>([]);
  const [includeSystemDatabases, setIncludeSystemDatabases] = useState(true);
  const [description, setDescription] = useState('');
  const [createBackup] = useMutation(CREATE_BACKUP);

  const name = typedName ?? (instance === null ? '' : suggestBackupName(instance.name, openedAt));
  const nameBreach = typedName === null ? undefined : findBreach(BACKUP_NAME, name);
  const descriptionBreach = findBreach(BACKUP_DESCRIPTION, description);
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    if (instance === null) return;
    const input = {
      instanceId: instance.id,
      name,
      description: description === '' ? null : description,
      databases: [...databases],
      includeSystemDatabases,
    };
    const { data } = await createBackup({ variables: { input } });
    if (data != null) startedWork.add({ kind: 'backup', id: data.createBackup.backup.id, name });
    props.onDismiss();
  });
  const placed = placeRefusal(refusal, { ...PLACES, ...(props.instance === null ? INSTANCE_PLACES : {}) });
  const nameFault = nameBreach ?? findFault(placed, 'name');

  return (
    <Dialog
      header={props.instance === null ? 'Create Backup' : `Create Backup of ${props.instance.name}`}
      isBusy={isBusy}
      refusal={placed}
      isSubmitDisabled={instance === null || nameBreach !== undefined || descriptionBreach !== undefined}
      onSubmit={run}
      onDismiss={props.onDismiss}
    >
      {props.instance === null && (
        <InstanceField
          value={instance}
          errorText={findFault(placed, 'instanceId')}
          onChange={(chosen) => {
            setInstance(chosen);
            setDatabases([]);
            forgetRefusal();
          }}
        />
      )}
      <FormField
        label="Backup name"
        {...(nameFault === undefined ? { constraintText: NAME_HINT } : { errorText: nameFault })}
      >
        <Input
          value={name}
          autoComplete={false}
          spellcheck={false}
          onChange={({ detail }) => {
            setTypedName(detail.value);
            forgetRefusal();
          }}
        />
      </FormField>
      <DatabasesField
        instanceId={instance?.id ?? null}
        value={databases}
        errorText={findFault(placed, 'databases')}
        onChange={(names) => {
          setDatabases(names);
          forgetRefusal();
        }}
      />
      <Checkbox
        checked={includeSystemDatabases}
        description="System databases are backed up by default."
        onChange={({ detail }) => {
          setIncludeSystemDatabases(detail.checked);
        }}
      >
        Back up system databases
      </Checkbox>
      <DescriptionField
        value={description}
        errorText={descriptionBreach ?? findFault(placed, 'description')}
        onChange={(text) => {
          setDescription(text);
          forgetRefusal();
        }}
      />
    </Dialog>
  );
}

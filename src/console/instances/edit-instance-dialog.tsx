import { useMutation } from '@apollo/client/react';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { INSTANCE_NAME, REGION_NAME } from '../../domain/naming';
import { findFault, placeRefusal } from '../api/refusal';
import { Dialog } from '../forms/dialog';
import { findBreach } from '../forms/rules';
import { TextField } from '../forms/text-field';
import { useAction } from '../forms/use-action';
import type { InstanceRecordFragment } from '../gql/graphql';
import { useConsole } from '../shell/console-context';
import { UPDATE_INSTANCE } from './operations';
import { URL_EXAMPLES } from './url-examples';
import { UrlField } from './url-field';

/** Refusals that are about one field of the dialog. */
const PLACES = { INSTANCE_NAME_TAKEN: 'name', INSTANCE_UNREACHABLE: 'url' };

interface EditInstanceDialogProps {
  readonly instance: InstanceRecordFragment;
  readonly onDismiss: () => void;
}

/** Changes the name and the region of an instance, and where and as whom it is reached. */
export function EditInstanceDialog({ instance, onDismiss }: EditInstanceDialogProps): ReactElement {
  const { notices } = useConsole();
  // What others change meanwhile is not this user's to change back.
  const [initial] = useState(instance);
  const [name, setName] = useState(initial.name);
  const [region, setRegion] = useState(initial.region);
  const [url, setUrl] = useState('');
  const [updateInstance] = useMutation(UPDATE_INSTANCE);

  const changes = {
    ...(name === initial.name ? {} : { name }),
    ...(region === initial.region ? {} : { region }),
    ...(url.trim() === '' ? {} : { url: url.trim() }),
  };
  const nameBreach = findBreach(INSTANCE_NAME, name);
  const regionBreach = findBreach(REGION_NAME, region);
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    await updateInstance({ variables: { input: { instanceId: instance.id, ...changes } } });
    notices.add({
      id: `edited-${instance.id}`,
      type: 'success',
      header: `Instance ${name} is changed.`,
      ...(region === initial.region ? {} : { content: `It is in region ${region} now.` }),
    });
    onDismiss();
  });
  const placed = placeRefusal(refusal, PLACES);

  return (
    <Dialog
      header={`Edit ${instance.name}`}
      isBusy={isBusy}
      refusal={placed}
      submitLabel="Save"
      isSubmitDisabled={Object.keys(changes).length === 0 || nameBreach !== undefined || regionBreach !== undefined}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      <TextField
        label="Name"
        value={name}
        errorText={nameBreach ?? findFault(placed, 'name')}
        onChange={(text) => {
          setName(text);
          forgetRefusal();
        }}
      />
      <TextField
        label="Region"
        value={region}
        errorText={regionBreach ?? findFault(placed, 'region')}
        onChange={(text) => {
          setRegion(text);
          forgetRefusal();
        }}
      />
      <UrlField
        label="New URL"
        description={`Leave it empty to keep the stored one, of ${instance.endpoint}.`}
        value={url}
        example={URL_EXAMPLES[instance.engine]}
        errorText={findFault(placed, 'url')}
        onChange={(text) => {
          setUrl(text);
          forgetRefusal();
        }}
      />
    </Dialog>
  );
}

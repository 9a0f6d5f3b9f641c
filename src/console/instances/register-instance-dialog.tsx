import { useMutation } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import SegmentedControl from '@cloudscape-design/components/segmented-control';
import { useId, useState } from 'react';
import type { ReactElement } from 'react';
import { useNavigate } from 'react-router';
import { INSTANCE_NAME, PROJECT_NAME, REGION_NAME } from '../../domain/naming';
import { findFault, placeRefusal } from '../api/refusal';
import { ENGINES } from '../display/words';
import { Dialog } from '../forms/dialog';
import { findBreach, NAME_HINT } from '../forms/rules';
import { TextField } from '../forms/text-field';
import { useAction } from '../forms/use-action';
import type { Engine, InstanceRecordFragment } from '../gql/graphql';
import type { Notice } from '../notices/notices';
import { useConsole } from '../shell/console-context';
import { toScopedPath, useScope } from '../shell/scope';
import { REGISTER_INSTANCE } from './operations';
import { ScopeFields } from './scope-fields';
import { findEngine, REGISTRABLE_ENGINES, URL_EXAMPLES } from './url-examples';
import { UrlField } from './url-field';

/** Refusals that are about one field of the dialog. */
const PLACES = { INSTANCE_NAME_TAKEN: 'name', INSTANCE_UNREACHABLE: 'url' };

/** Registers an instance, which the server asks before it stores anything. */
export function RegisterInstanceDialog({ onDismiss }: { readonly onDismiss: () => void }): ReactElement {
  const { notices } = useConsole();
  const navigate = useNavigate();
  const scope = useScope();
  const engineLabelId = useId();
  const [engine, setEngine] = useState<Engine>('SQLITE');
  const [name, setName] = useState('');
  const [url, setUrl] = useState('');
  const [place, setPlace] = useState(scope);
  // Its event may come a moment after the answer; who has registered it looks for it at once.
  const [register] = useMutation(REGISTER_INSTANCE, { refetchQueries: ['InstanceList', 'Locations'] });

  const nameBreach = findBreach(INSTANCE_NAME, name);
  const placeBreaches = {
    region: findBreach(REGION_NAME, place.region),
    project: findBreach(PROJECT_NAME, place.project),
  };
  const { run, isBusy, refusal, forgetRefusal } = useAction(async () => {
    const { data } = await register({ variables: { input: { name, url: url.trim(), ...place } } });
    if (data != null) notices.add(toNotice(data.registerInstance.instance));
    onDismiss();
    if (place.region !== scope.region || place.project !== scope.project) {
      await navigate(toScopedPath('/instances', place));
    }
  });
  const placed = placeRefusal(refusal, PLACES);
  const isWhole = url.trim() !== '' && [nameBreach, ...Object.values(placeBreaches)].every((it) => it === undefined);

  return (
    <Dialog
      header="Register Instance"
      isBusy={isBusy}
      refusal={placed}
      submitLabel="Register"
      isSubmitDisabled={!isWhole}
      onSubmit={run}
      onDismiss={onDismiss}
    >
      <TextField
        label="Name"
        value={name}
        constraintText={NAME_HINT}
        errorText={(name === '' ? undefined : nameBreach) ?? findFault(placed, 'name')}
        onChange={(text) => {
          setName(text);
          forgetRefusal();
        }}
      />
      <FormField
        label={<span id={engineLabelId}>Engine</span>}
        description="To show how its URLs look. The server goes by the URL."
      >
        <SegmentedControl
          ariaLabelledby={engineLabelId}
          selectedId={engine}
          options={REGISTRABLE_ENGINES.map((id) => ({ id, text: ENGINES[id] }))}
          onChange={({ detail }) => {
            setEngine(REGISTRABLE_ENGINES.find((known) => known === detail.selectedId) ?? engine);
          }}
        />
      </FormField>
      <UrlField
        label="URL"
        description="Where the instance is, and as whom to connect. It is stored encrypted and never shown."
        value={url}
        example={URL_EXAMPLES[engine]}
        errorText={findFault(placed, 'url')}
        onChange={(text) => {
          setUrl(text);
          setEngine(findEngine(text) ?? engine);
          forgetRefusal();
        }}
      />
      <ScopeFields
        value={place}
        faults={{
          region: placeBreaches.region ?? findFault(placed, 'region'),
          project: placeBreaches.project ?? findFault(placed, 'project'),
        }}
        onChange={(changed) => {
          setPlace(changed);
          forgetRefusal();
        }}
      />
    </Dialog>
  );
}

function toNotice({ id, name, engine, engineVersion, endpoint }: InstanceRecordFragment): Notice {
  return {
    id: `registered-${id}`,
    type: 'success',
    header: `Instance ${name} is registered.`,
    content: `${ENGINES[engine]} ${engineVersion} answers at ${endpoint}.`,
  };
}

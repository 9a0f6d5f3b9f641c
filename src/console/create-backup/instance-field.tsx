import { useQuery } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ENGINES } from '../display/words';
import type { InstanceRecordFragment, InstancesToBackUpQuery } from '../gql/graphql';
import { findBackupRefusal } from '../instances/refusals';
import { useScope } from '../shell/scope';
import { INSTANCES_TO_BACK_UP } from './operations';

interface Named {
  readonly id: string;
  readonly name: string;
}

interface InstanceFieldProps {
  readonly value: Named | null;
  readonly onChange: (instance: Named) => void;
  readonly errorText: string | undefined;
}

/** The choice of an instance: those that can be backed up now, and the others with the reason why they cannot. */
export function InstanceField({ value, onChange, errorText }: InstanceFieldProps): ReactElement {
  const scope = useScope();
  const [search, setSearch] = useState('');
  const all = { ...scope, ...(search === '' ? {} : { nameContains: search }) };
  const offered = { ...all, role: 'PRIMARY', status: 'AVAILABLE' } as const;
  const { data, previousData, loading, error, refetch } = useQuery(INSTANCES_TO_BACK_UP, {
    variables: { offered, all },
  });
  const known = data ?? previousData;
  const instances = known === undefined ? [] : merge(known);
  return (
    <FormField
      label="Instance"
      description="A backup can only be created for an available primary DB instance."
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Select
        selectedOption={value === null ? null : { value: value.id, label: value.name }}
        options={instances.map(toOption)}
        filteringType="manual"
        placeholder="Choose an instance"
        filteringPlaceholder="Find an instance by name"
        filteringAriaLabel="Find an instance by name"
        statusType={error !== undefined ? 'error' : loading && data === undefined ? 'loading' : 'finished'}
        loadingText="Loading instances"
        errorText="The instances could not be read."
        recoveryText="Try again"
        empty={search === '' ? 'No instance is registered in this region and project.' : 'No instance has such a name.'}
        finishedText={instances.length < (known?.all.totalCount ?? 0) ? 'There are more: type a part of the name.' : ''}
        onLoadItems={({ detail }) => {
          if (detail.samePage) void refetch().catch(() => undefined);
          else setSearch(detail.filteringText);
        }}
        onChange={({ detail }) => {
          const { value: id = '', label: name = '' } = detail.selectedOption;
          onChange({ id, name });
        }}
      />
    </FormField>
  );
}

/** What is asked for twice is there once; those that can be backed up come first, also while one of them changes. */
function merge({ offered, all }: InstancesToBackUpQuery): readonly InstanceRecordFragment[] {
  const merged = [...new Map([...offered.nodes, ...all.nodes].map((instance) => [instance.id, instance])).values()];
  return merged.toSorted((one, other) => Number(isRefused(one)) - Number(isRefused(other)));
}

function toOption(instance: InstanceRecordFragment): SelectProps.Option {
  const { id, name, engine, engineVersion, endpoint } = instance;
  const reason = findBackupRefusal(instance);
  return {
    value: id,
    label: name,
    description: reason ?? `${ENGINES[engine]} ${engineVersion}, ${endpoint}`,
    ...(reason === undefined ? {} : { disabled: true, disabledReason: reason }),
  };
}

function isRefused(instance: InstanceRecordFragment): boolean {
  return findBackupRefusal(instance) !== undefined;
}

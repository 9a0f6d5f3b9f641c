import { useQuery } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import type { InstanceRecordFragment } from '../gql/graphql';
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
  const filter = { ...scope, ...(search === '' ? {} : { nameContains: search }) };
  const { data, previousData, loading, error, refetch } = useQuery(INSTANCES_TO_BACK_UP, { variables: { filter } });
  const { nodes = [], totalCount = 0 } = (data ?? previousData)?.instances ?? {};
  const offered = [...nodes].sort((one, other) => Number(isRefused(one)) - Number(isRefused(other)));
  return (
    <FormField
      label="Instance"
      description="A backup can only be created for an available primary DB instance."
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Select
        selectedOption={value === null ? null : { value: value.id, label: value.name }}
        options={offered.map(toOption)}
        filteringType="manual"
        placeholder="Choose an instance"
        filteringPlaceholder="Find an instance by name"
        filteringAriaLabel="Find an instance by name"
        statusType={error !== undefined ? 'error' : loading && data === undefined ? 'loading' : 'finished'}
        loadingText="Loading instances"
        errorText="The instances could not be read."
        recoveryText="Try again"
        empty={search === '' ? 'No instance is registered in this region and project.' : 'No instance has such a name.'}
        finishedText={totalCount > nodes.length ? 'There are more: type a part of the name.' : ''}
        onLoadItems={({ detail }) => {
          if (detail.samePage) void refetch();
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

function toOption(instance: InstanceRecordFragment): SelectProps.Option {
  const { id, name, engine, engineVersion, endpoint } = instance;
  const reason = findRefusal(instance);
  return {
    value: id,
    label: name,
    description: reason ?? `${ENGINES[engine]} ${engineVersion}, ${endpoint}`,
    ...(reason === null ? {} : { disabled: true, disabledReason: reason }),
  };
}

function isRefused(instance: InstanceRecordFragment): boolean {
  return findRefusal(instance) !== null;
}

/** Why no backup can be created of it now; null when one can. */
function findRefusal({ role, status }: InstanceRecordFragment): string | null {
  if (role !== 'PRIMARY') return `Not a primary instance: ${ROLES[role]}`;
  return status === 'AVAILABLE' ? null : `Not available: ${INSTANCE_STATUSES[status]}`;
}

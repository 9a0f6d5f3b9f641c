import { useQuery } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ENGINES } from '../display/words';
import type { BackupRecordFragment, InstanceRecordFragment, RestoreTargetsQuery } from '../gql/graphql';
import { RESTORE_TARGETS } from './operations';
import { findTargetRefusal } from './target-fit';

interface TargetFieldProps {
  readonly backup: BackupRecordFragment;
  readonly value: InstanceRecordFragment | null;
  readonly onChange: (instanceId: string) => void;
  /** Why the backup's own instance is not the one that is chosen from the start; undefined when it is. */
  readonly ownRefusal: string | undefined;
  readonly errorText: string | undefined;
}

/** The choice of a target: what the backup can be restored to now, and the rest of its project with the reason why not. */
export function TargetField({ backup, value, onChange, ownRefusal, errorText }: TargetFieldProps): ReactElement {
  const [search, setSearch] = useState('');
  const all = { project: backup.project, ...(search === '' ? {} : { nameContains: search }) };
  const offered = { ...all, engine: backup.engine, role: 'PRIMARY', status: 'AVAILABLE' } as const;
  const { data, previousData, loading, error, refetch } = useQuery(RESTORE_TARGETS, { variables: { offered, all } });
  const known = data ?? previousData;
  const instances = known === undefined ? [] : merge(known);
  const sorted = instances.toSorted((one, other) => rank(one, backup) - rank(other, backup));
  return (
    <FormField
      stretch
      label="Target instance"
      description={
        ownRefusal ?? `An available primary instance of ${ENGINES[backup.engine]}, of the same or a later version.`
      }
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Select
        selectedOption={value === null ? null : { value: value.id, label: value.name }}
        options={sorted.map((instance) => toOption(instance, backup))}
        filteringType="manual"
        placeholder="Choose an instance"
        filteringPlaceholder="Find an instance by name"
        filteringAriaLabel="Find an instance by name"
        statusType={error !== undefined ? 'error' : loading && data === undefined ? 'loading' : 'finished'}
        loadingText="Loading instances"
        errorText="The instances could not be read."
        recoveryText="Try again"
        empty={search === '' ? 'No instance is registered in this project.' : 'No instance has such a name.'}
        finishedText={instances.length < (known?.all.totalCount ?? 0) ? 'There are more: type a part of the name.' : ''}
        onLoadItems={({ detail }) => {
          if (detail.samePage) void refetch().catch(() => undefined);
          else setSearch(detail.filteringText);
        }}
        onChange={({ detail }) => {
          onChange(detail.selectedOption.value ?? '');
        }}
      />
    </FormField>
  );
}

/** What is asked for twice is there once. */
function merge({ offered, all }: RestoreTargetsQuery): readonly InstanceRecordFragment[] {
  return [...new Map([...offered.nodes, ...all.nodes].map((instance) => [instance.id, instance])).values()];
}

/** The backup's own instance, then those that it can be restored to, then the rest. */
function rank(instance: InstanceRecordFragment, backup: BackupRecordFragment): number {
  if (findTargetRefusal(backup, instance) !== undefined) return 2;
  return instance.id === backup.instanceId ? 0 : 1;
}

function toOption(instance: InstanceRecordFragment, backup: BackupRecordFragment): SelectProps.Option {
  const { id, name, engine, engineVersion, endpoint, region } = instance;
  const reason = findTargetRefusal(backup, instance);
  return {
    value: id,
    label: name,
    description: reason ?? `${ENGINES[engine]} ${engineVersion}, ${endpoint}`,
    ...(region === backup.region ? {} : { labelTag: region }),
    ...(reason === undefined ? {} : { disabled: true, disabledReason: reason }),
  };
}

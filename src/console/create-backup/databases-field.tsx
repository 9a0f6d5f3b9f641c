import { skipToken, useQuery } from '@apollo/client/react';
import FormField from '@cloudscape-design/components/form-field';
import Multiselect from '@cloudscape-design/components/multiselect';
import type { ReactElement } from 'react';
import { toRefusal } from '../api/refusal';
import { formatBytes, formatCount } from '../display/format';
import { INSTANCE_DATABASES } from '../instances/instance-databases';

interface DatabasesFieldProps {
  /** Null while no instance is chosen. */
  readonly instanceId: string | null;
  /** Names of the target databases; empty = all user databases. */
  readonly value: readonly string[];
  readonly onChange: (names: readonly string[]) => void;
  readonly errorText: string | undefined;
}

/** The choice of target databases: those that the instance has now, asked of itself. */
export function DatabasesField({ instanceId, value, onChange, errorText }: DatabasesFieldProps): ReactElement {
  const { data, loading, error, refetch } = useQuery(
    INSTANCE_DATABASES,
    instanceId === null ? skipToken : { variables: { id: instanceId }, fetchPolicy: 'network-only' },
  );
  const databases = (data?.instance?.databases ?? []).filter(({ system }) => !system);
  const available = databases.filter(({ unavailableReason }) => unavailableReason === null);
  const totalBytes = available.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const all =
    databases.length === 0 ? '' : ` (${formatCount(available.length, 'database')}, ${formatBytes(totalBytes)})`;
  return (
    <FormField
      label="Target databases"
      description="Choose none to back up all user databases."
      {...(errorText === undefined ? {} : { errorText })}
    >
      <Multiselect
        selectedOptions={value.map((name) => ({ value: name, label: name }))}
        options={databases.map(({ name, sizeBytes, unavailableReason }) => ({
          value: name,
          label: name,
          labelTag: formatBytes(sizeBytes),
          ...(unavailableReason === null
            ? {}
            : { disabled: true, description: `It cannot be backed up now: ${unavailableReason}` }),
        }))}
        disabled={instanceId === null}
        placeholder={
          value.length === 0 ? `All user databases${all}` : `${formatCount(value.length, 'database')} chosen`
        }
        filteringType="auto"
        filteringPlaceholder="Find a database"
        filteringAriaLabel="Find a database"
        enableSelectAll
        statusType={error !== undefined ? 'error' : loading ? 'loading' : 'finished'}
        loadingText="Asking the instance"
        errorText={error === undefined ? '' : toRefusal(error).message}
        recoveryText="Try again"
        empty="The instance has no user database."
        onLoadItems={({ detail }) => {
          if (detail.samePage) void refetch();
        }}
        onChange={({ detail }) => {
          onChange(detail.selectedOptions.map((option) => option.value ?? ''));
        }}
      />
    </FormField>
  );
}

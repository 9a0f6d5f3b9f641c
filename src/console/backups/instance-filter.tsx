import { skipToken, useQuery } from '@apollo/client/react';
import Select from '@cloudscape-design/components/select';
import type { SelectProps } from '@cloudscape-design/components/select';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { ENGINES } from '../display/words';
import type { InstanceToFilterByQuery } from '../gql/graphql';
import { useScope } from '../shell/scope';
import { INSTANCE_TO_FILTER_BY, INSTANCES_TO_FILTER_BY } from './operations';

const ANY = { value: '', label: 'Any instance' };

interface InstanceFilterProps {
  /** Id of the instance; null = any. */
  readonly chosen: string | null;
  readonly onChoose: (id: string | null) => void;
}

/** Narrows the backups to those of one instance, which the server looks for by name. */
export function InstanceFilter({ chosen, onChoose }: InstanceFilterProps): ReactElement {
  const scope = useScope();
  /** Null until it is opened: nothing is asked before. */
  const [search, setSearch] = useState<string | null>(null);
  const { data, previousData, error, refetch } = useQuery(
    INSTANCES_TO_FILTER_BY,
    search === null ? skipToken : { variables: { filter: { ...scope, nameContains: search === '' ? null : search } } },
  );
  const known = useQuery(INSTANCE_TO_FILTER_BY, chosen === null ? skipToken : { variables: { id: chosen } });
  const { nodes = [], totalCount = 0 } = (data ?? previousData)?.instances ?? {};
  const found = nodes.map(({ id, name, engine }) => ({ value: id, label: name, description: ENGINES[engine] }));
  const current = chosen === null ? ANY : { value: chosen, label: toLabel(known.data) };
  return (
    <Select
      ariaLabel="Filter by instance"
      selectedOption={current}
      options={search === null || search === '' ? withCurrent([ANY, ...found], current) : found}
      filteringType="manual"
      filteringPlaceholder="Find an instance by name"
      filteringAriaLabel="Find an instance by name"
      expandToViewport
      statusType={error !== undefined ? 'error' : data === undefined ? 'loading' : 'finished'}
      loadingText="Loading instances"
      errorText="The instances could not be read."
      recoveryText="Try again"
      empty="No instance has such a name."
      finishedText={totalCount > nodes.length ? 'There are more: type a part of the name.' : ''}
      onLoadItems={({ detail }) => {
        if (detail.samePage) void refetch().catch(() => undefined);
        else setSearch(detail.filteringText);
      }}
      onChange={({ detail }) => {
        const { value = '' } = detail.selectedOption;
        onChoose(value === '' ? null : value);
      }}
    />
  );
}

/** An instance that is deleted, or far down the list, can be seen to be chosen all the same. */
function withCurrent(options: readonly SelectProps.Option[], current: SelectProps.Option): SelectProps.Option[] {
  return options.some(({ value }) => value === current.value) ? [...options] : [...options, current];
}

function toLabel(known: InstanceToFilterByQuery | undefined): string {
  if (known === undefined) return '…';
  if (known.instance !== null) return known.instance.name;
  const name = known.backups.nodes[0]?.instanceName;
  return name === undefined ? 'Unknown instance' : `${name} (deleted)`;
}

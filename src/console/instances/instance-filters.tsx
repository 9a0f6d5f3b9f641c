import Grid from '@cloudscape-design/components/grid';
import Select from '@cloudscape-design/components/select';
import type { ReactElement } from 'react';
import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import { formatCount } from '../display/format';
import { NameFilter } from '../tables/name-filter';
import { REGISTRABLE_ENGINES } from './url-examples';
import type { InstanceCriteria } from './use-instance-query';

interface InstanceFiltersProps {
  readonly criteria: InstanceCriteria;
  /** How many instances meet them; undefined while that is not known. */
  readonly matches: number | undefined;
  readonly onChange: (changed: Partial<InstanceCriteria>) => void;
}

/** What the list of instances is narrowed to. */
export function InstanceFilters({ criteria, matches, onChange }: InstanceFiltersProps): ReactElement {
  return (
    <Grid
      gridDefinition={[
        { colspan: { default: 12, s: 5 } },
        { colspan: { default: 12, xxs: 4, s: 3 } },
        { colspan: { default: 6, xxs: 4, s: 2 } },
        { colspan: { default: 6, xxs: 4, s: 2 } },
      ]}
    >
      <NameFilter
        label="Find an instance by name"
        value={criteria.name}
        countText={matches === undefined ? '' : formatCount(matches, 'match', 'matches')}
        onChange={(name) => {
          onChange({ name });
        }}
      />
      <OneOf
        what="engine"
        chosen={criteria.engine}
        options={REGISTRABLE_ENGINES.map((engine) => [engine, ENGINES[engine]])}
        onChoose={(engine) => {
          onChange({ engine });
        }}
      />
      <OneOf
        what="status"
        chosen={criteria.status}
        options={toEntries(INSTANCE_STATUSES)}
        onChoose={(status) => {
          onChange({ status });
        }}
      />
      <OneOf
        what="role"
        chosen={criteria.role}
        options={toEntries(ROLES)}
        onChoose={(role) => {
          onChange({ role });
        }}
      />
    </Grid>
  );
}

interface OneOfProps<K extends string> {
  /** As in "engine". */
  readonly what: string;
  /** Null = any. */
  readonly chosen: K | null;
  readonly options: readonly (readonly [K, string])[];
  readonly onChoose: (key: K | null) => void;
}

function OneOf<K extends string>({ what, chosen, options, onChoose }: OneOfProps<K>): ReactElement {
  const any = { value: '', label: `Any ${what}` };
  const offered = [any, ...options.map(([value, text]) => ({ value, label: text }))];
  return (
    <Select
      ariaLabel={`Filter by ${what}`}
      options={offered}
      selectedOption={offered.find(({ value }) => value === chosen) ?? any}
      expandToViewport
      onChange={({ detail }) => {
        onChoose(options.find(([key]) => key === detail.selectedOption.value)?.[0] ?? null);
      }}
    />
  );
}

function toEntries<K extends string>(words: Readonly<Record<K, string>>): readonly (readonly [K, string])[] {
  return Object.entries(words) as [K, string][];
}

import Grid from '@cloudscape-design/components/grid';
import type { ReactElement } from 'react';
import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import { formatCount } from '../display/format';
import { NameFilter } from '../tables/name-filter';
import { OneOfFilter } from '../tables/one-of-filter';
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
      <OneOfFilter
        what="engine"
        chosen={criteria.engine}
        words={ENGINES}
        offered={REGISTRABLE_ENGINES}
        onChoose={(engine) => {
          onChange({ engine });
        }}
      />
      <OneOfFilter
        what="status"
        chosen={criteria.status}
        words={INSTANCE_STATUSES}
        onChoose={(status) => {
          onChange({ status });
        }}
      />
      <OneOfFilter
        what="role"
        chosen={criteria.role}
        words={ROLES}
        onChoose={(role) => {
          onChange({ role });
        }}
      />
    </Grid>
  );
}

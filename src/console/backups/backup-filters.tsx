import Button from '@cloudscape-design/components/button';
import Grid from '@cloudscape-design/components/grid';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import { BACKUP_STATUSES, BACKUP_TYPES, ENGINES } from '../display/words';
import { NameFilter } from '../tables/name-filter';
import { OneOfFilter } from '../tables/one-of-filter';
import { InstanceFilter } from './instance-filter';
import { StartFilter } from './start-filter';
import type { BackupCriteria } from './use-backup-query';

/** Shares of a row of twelve: on a phone, and where there is room. */
const WIDE = { colspan: { default: 12, xs: 6 } };
const NARROW = { colspan: { default: 6, xs: 3 } };
const LAST = [{ colspan: { default: 12, xs: 4 } }, { colspan: { default: 12, xs: 2 } }];

interface BackupFiltersProps {
  readonly criteria: BackupCriteria;
  readonly isFiltered: boolean;
  readonly isOfOneInstance: boolean;
  /** How many backups meet them; undefined while that is not known. */
  readonly matches: number | undefined;
  readonly onChange: (changed: Partial<BackupCriteria>) => void;
  readonly onClear: () => void;
}

/** What the list of backups is narrowed to. */
export function BackupFilters(props: BackupFiltersProps): ReactElement {
  const { criteria, isFiltered, isOfOneInstance, matches, onChange, onClear } = props;
  const { name, status, type, engine, instance, from, to } = criteria;
  const ofInstances = isOfOneInstance ? [] : [NARROW, NARROW];
  return (
    <Grid gridDefinition={[WIDE, ...ofInstances, NARROW, NARROW, ...LAST]}>
      <NameFilter
        label="Find a backup by name"
        value={name}
        countText={matches === undefined ? '' : formatCount(matches, 'match', 'matches')}
        onChange={(text) => {
          onChange({ name: text });
        }}
      />
      {!isOfOneInstance && (
        <InstanceFilter
          chosen={instance}
          onChoose={(id) => {
            onChange({ instance: id });
          }}
        />
      )}
      {!isOfOneInstance && (
        <OneOfFilter
          what="engine"
          words={ENGINES}
          chosen={engine}
          onChoose={(key) => {
            onChange({ engine: key });
          }}
        />
      )}
      <OneOfFilter
        what="status"
        words={BACKUP_STATUSES}
        chosen={status}
        onChoose={(key) => {
          onChange({ status: key });
        }}
      />
      <OneOfFilter
        what="type"
        words={BACKUP_TYPES}
        chosen={type}
        onChoose={(key) => {
          onChange({ type: key });
        }}
      />
      <StartFilter range={{ from, to }} onChange={onChange} />
      <Button disabled={!isFiltered} onClick={onClear}>
        Clear filters
      </Button>
    </Grid>
  );
}

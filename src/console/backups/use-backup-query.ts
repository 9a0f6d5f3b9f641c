import { BACKUP_STATUSES, BACKUP_TYPES, ENGINES } from '../display/words';
import type { BackupFilter, BackupOrder, BackupStatus, BackupType, Engine } from '../gql/graphql';
import { findKey, useUrlParameters } from '../tables/use-url-parameters';

/** What the list is narrowed to; null or empty = not by this. */
export interface BackupCriteria {
  readonly name: string;
  readonly status: BackupStatus | null;
  readonly type: BackupType | null;
  readonly engine: Engine | null;
  /** Id of an instance, also of one that is deleted. */
  readonly instance: string | null;
  /** Started at this time or later. */
  readonly from: string | null;
  /** Started before this time. */
  readonly to: string | null;
}

interface BackupQuery {
  readonly criteria: BackupCriteria;
  /** The same, as the API takes it. */
  readonly filter: BackupFilter;
  readonly isFiltered: boolean;
  readonly order: BackupOrder;
  readonly narrow: (changed: Partial<BackupCriteria>) => void;
  readonly clear: () => void;
  readonly sort: (order: BackupOrder) => void;
}

const NOTHING: BackupCriteria = {
  name: '',
  status: null,
  type: null,
  engine: null,
  instance: null,
  from: null,
  to: null,
};

/**
 * What the list shows, and in which order, as the URL says: a shared link shows the same.
 * @param isOfOneInstance whether the list is of one instance anyway, and so of one engine
 */
export function useBackupQuery(isOfOneInstance: boolean): BackupQuery {
  const [parameters, change] = useUrlParameters();
  const criteria: BackupCriteria = {
    name: parameters.get('name') ?? '',
    status: findKey(BACKUP_STATUSES, parameters.get('status')),
    type: findKey(BACKUP_TYPES, parameters.get('type')),
    engine: isOfOneInstance ? null : findKey(ENGINES, parameters.get('engine')),
    instance: isOfOneInstance ? null : parameters.get('instance'),
    from: findTime(parameters.get('from')),
    to: findTime(parameters.get('to')),
  };
  return {
    criteria,
    filter: toFilter(criteria),
    isFiltered: Object.values(criteria).some((value) => value !== null && value !== ''),
    order: {
      field: parameters.get('sort') === 'NAME' ? 'NAME' : 'STARTED_AT',
      direction: parameters.get('order') === 'ASC' ? 'ASC' : 'DESC',
    },
    narrow: change,
    clear: () => {
      change({ ...NOTHING });
    },
    sort: ({ field, direction }) => {
      change({ sort: field, order: direction });
    },
  };
}

function toFilter({ name, status, type, engine, instance, from, to }: BackupCriteria): BackupFilter {
  const nameContains = name === '' ? null : name;
  return { nameContains, status, type, engine, instanceId: instance, startedAfter: from, startedBefore: to };
}

/** A URL may be written by hand: what is no time counts for nothing. */
function findTime(text: string | null): string | null {
  return text === null || Number.isNaN(Date.parse(text)) ? null : text;
}

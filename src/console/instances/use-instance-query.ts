import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import type { Engine, InstanceOrder, InstanceRole, InstanceStatus } from '../gql/graphql';
import { findKey, useUrlParameters } from '../tables/use-url-parameters';

/** What the list is narrowed to; null or empty = not by this. */
export interface InstanceCriteria {
  readonly name: string;
  readonly engine: Engine | null;
  readonly status: InstanceStatus | null;
  readonly role: InstanceRole | null;
}

interface InstanceQuery {
  readonly criteria: InstanceCriteria;
  readonly isFiltered: boolean;
  readonly order: InstanceOrder;
  readonly narrow: (changed: Partial<InstanceCriteria>) => void;
  readonly clear: () => void;
  readonly sort: (order: InstanceOrder) => void;
}

const NOTHING: InstanceCriteria = { name: '', engine: null, status: null, role: null };

/** What the list shows, and in which order, as the URL says: a shared link shows the same. */
export function useInstanceQuery(): InstanceQuery {
  const [parameters, change] = useUrlParameters();
  const criteria: InstanceCriteria = {
    name: parameters.get('name') ?? '',
    engine: findKey(ENGINES, parameters.get('engine')),
    status: findKey(INSTANCE_STATUSES, parameters.get('status')),
    role: findKey(ROLES, parameters.get('role')),
  };
  return {
    criteria,
    isFiltered: Object.values(criteria).some((value) => value !== null && value !== ''),
    order: {
      field: parameters.get('sort') === 'CREATED_AT' ? 'CREATED_AT' : 'NAME',
      direction: parameters.get('order') === 'DESC' ? 'DESC' : 'ASC',
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

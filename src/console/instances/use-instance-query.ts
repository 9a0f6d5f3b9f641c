import { useSearchParams } from 'react-router';
import { ENGINES, INSTANCE_STATUSES, ROLES } from '../display/words';
import type { Engine, InstanceOrder, InstanceRole, InstanceStatus } from '../gql/graphql';

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
  const [parameters, setParameters] = useSearchParams();
  const set = (changed: Readonly<Record<string, string | null>>): void => {
    setParameters(
      (known) => {
        for (const [key, value] of Object.entries(changed)) {
          if (value === null || value === '') known.delete(key);
          else known.set(key, value);
        }
        return known;
      },
      { replace: true },
    );
  };
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
    narrow: set,
    clear: () => {
      set({ ...NOTHING });
    },
    sort: ({ field, direction }) => {
      set({ sort: field, order: direction });
    },
  };
}

/** A URL may be written by hand: what is no key of the words counts for nothing. */
function findKey<K extends string>(words: Readonly<Record<K, string>>, text: string | null): K | null {
  return text !== null && Object.hasOwn(words, text) ? (text as K) : null;
}

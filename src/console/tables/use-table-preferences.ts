import type { CollectionPreferencesProps } from '@cloudscape-design/components/collection-preferences';
import { useState } from 'react';

export interface TablePreferences {
  readonly pageSize: number;
  readonly wrapLines: boolean;
  readonly contentDisplay: readonly CollectionPreferencesProps.ContentDisplayItem[];
}

/** How a table is shown, remembered by this browser. @param table name of the table, unique in the console */
export function useTablePreferences(
  table: string,
  defaults: TablePreferences,
): readonly [TablePreferences, (preferences: TablePreferences) => void] {
  const storageKey = `table-${table}`;
  const [preferences, setPreferences] = useState(() => readPreferences(storageKey, defaults));
  const change = (changed: TablePreferences): void => {
    setPreferences(changed);
    window.localStorage.setItem(storageKey, JSON.stringify(changed));
  };
  return [preferences, change];
}

/** What was stored may be of another version of the console: columns that are new are shown, those that are gone are not. */
function readPreferences(storageKey: string, defaults: TablePreferences): TablePreferences {
  try {
    const stored = JSON.parse(window.localStorage.getItem(storageKey) ?? 'null') as TablePreferences | null;
    if (stored === null) return defaults;
    const known = stored.contentDisplay.filter(({ id }) => defaults.contentDisplay.some((column) => column.id === id));
    const added = defaults.contentDisplay.filter(({ id }) => !known.some((column) => column.id === id));
    return { ...defaults, ...stored, contentDisplay: [...known, ...added] };
  } catch {
    return defaults;
  }
}

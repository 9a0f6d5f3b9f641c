import CollectionPreferences from '@cloudscape-design/components/collection-preferences';
import type { ReactElement } from 'react';
import type { TablePreferences } from './use-table-preferences';

/** Page sizes on offer; the API gives at most 100 at a time. */
const PAGE_SIZES = [10, 20, 50, 100].map((value) => ({ value, label: `${value.toString()} a page` }));

interface TablePreferencesButtonProps {
  readonly columns: readonly { readonly id: string; readonly label: string; readonly alwaysVisible?: boolean }[];
  readonly preferences: TablePreferences;
  readonly onChange: (preferences: TablePreferences) => void;
}

/** Opens the choice of columns, of their order, and of the page's size. */
export function TablePreferencesButton({ columns, preferences, onChange }: TablePreferencesButtonProps): ReactElement {
  return (
    <CollectionPreferences
      title="Preferences"
      confirmLabel="Confirm"
      cancelLabel="Cancel"
      preferences={preferences}
      pageSizePreference={{ title: 'Page size', options: PAGE_SIZES }}
      wrapLinesPreference={{ label: 'Wrap lines', description: 'Show whole texts, in several lines' }}
      contentDisplayPreference={{ title: 'Columns', options: columns }}
      onConfirm={({ detail }) => {
        onChange({ ...preferences, ...detail });
      }}
    />
  );
}

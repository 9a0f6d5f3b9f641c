import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import { memo } from 'react';
import type { ReactElement } from 'react';
import type { BackupOrder, BackupOrderField, BackupRecordFragment } from '../gql/graphql';
import { useHasRoom } from '../tables/use-has-room';
import type { TablePreferences } from '../tables/use-table-preferences';
import { BACKUP_COLUMNS } from './backup-columns';
import { useTableCommands } from './table-commands';
import { TABLE_PARTS } from './table-parts';

const SELECTION_LABELS: TableProps.AriaLabels<BackupRecordFragment> = {
  selectionGroupLabel: 'Selection of backups',
  allItemsSelectionLabel: () => 'Select all backups of this page',
  itemSelectionLabel: (_, { name }) => `Select ${name}`,
};

interface BackupRowsProps {
  readonly title: string;
  /** Whether it is the page itself rather than a part of one. */
  readonly isPage: boolean;
  readonly rows: readonly BackupRecordFragment[];
  /** How many there are on all pages; undefined while that is not known. */
  readonly totalCount: number | undefined;
  readonly isLoading: boolean;
  readonly selectedIds: ReadonlySet<string>;
  readonly sortedBy: BackupOrderField;
  readonly isDescending: boolean;
  readonly preferences: TablePreferences;
}

/** The table itself. It is rendered again only when something of these has changed. */
export const BackupRows = memo(function BackupRows(props: BackupRowsProps): ReactElement {
  const { title, isPage, rows, totalCount, isLoading, selectedIds, sortedBy, isDescending, preferences } = props;
  const commands = useTableCommands();
  const hasRoom = useHasRoom();
  return (
    <Table
      {...TABLE_PARTS}
      variant={isPage ? 'full-page' : 'container'}
      stickyHeader={isPage}
      trackBy="id"
      items={rows}
      loading={isLoading}
      loadingText="Loading backups"
      columnDefinitions={BACKUP_COLUMNS}
      columnDisplay={preferences.contentDisplay}
      wrapLines={preferences.wrapLines}
      stickyColumns={{ first: 0, last: hasRoom ? 1 : 0 }}
      selectionType="multi"
      selectedItems={rows.filter(({ id }) => selectedIds.has(id))}
      onSelectionChange={({ detail }) => {
        commands.select(detail.selectedItems);
      }}
      sortingColumn={{ sortingField: sortedBy }}
      sortingDescending={isDescending}
      onSortingChange={({ detail }) => {
        commands.sort(toOrder(detail));
      }}
      ariaLabels={{ ...SELECTION_LABELS, tableLabel: title }}
      {...(totalCount === undefined ? {} : { totalItemsCount: totalCount })}
    />
  );
});

function toOrder({ sortingColumn, isDescending }: TableProps.SortingState<BackupRecordFragment>): BackupOrder {
  return {
    field: sortingColumn.sortingField === 'NAME' ? 'NAME' : 'STARTED_AT',
    direction: isDescending === true ? 'DESC' : 'ASC',
  };
}

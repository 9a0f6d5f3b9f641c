import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { useBackupActions } from '../backup-actions/use-backup-actions';
import { QueryFailure } from '../display/query-failure';
import type { BackupFilter, BackupOrder, BackupRecordFragment } from '../gql/graphql';
import { TablePreferencesButton } from '../tables/table-preferences-button';
import { useHasRoom } from '../tables/use-has-room';
import { useTablePreferences } from '../tables/use-table-preferences';
import { BACKUP_COLUMNS } from './backup-columns';
import { BackupDetails } from './backup-details';
import { BackupFilters } from './backup-filters';
import { BackupHeader } from './backup-header';
import { BackupMenu } from './backup-menu';
import { NoBackups, NoMatch, NothingLeft } from './no-backups';
import { useBackupList } from './use-backup-list';
import { useBackupQuery } from './use-backup-query';
import { useOpenedBackup } from './use-opened-backup';

/** On demand: what takes the most room, and is asked for the least. */
const HIDDEN_AT_FIRST: ReadonlySet<string> = new Set(['duration', 'stored', 'description']);

const SELECTION_LABELS: TableProps.AriaLabels<BackupRecordFragment> = {
  selectionGroupLabel: 'Selection of backups',
  allItemsSelectionLabel: () => 'Select all backups of this page',
  itemSelectionLabel: (_, { name }) => `Select ${name}`,
};

interface BackupTableProps {
  /** Name of the table, unique in the console: its preferences are kept under it. */
  readonly table: string;
  /** What the table is of; its user narrows it further. */
  readonly filter: BackupFilter;
  /** Whether that is one instance: it needs no column and no filter then. */
  readonly isOfOneInstance: boolean;
  readonly title: string;
  /** "Create Backup" was clicked. */
  readonly onCreate: () => void;
}

/** Backups, a page at a time, and what can be done with them. */
export function BackupTable(props: BackupTableProps): ReactElement {
  const { table, isOfOneInstance, title, onCreate } = props;
  const columns = BACKUP_COLUMNS.filter(({ id }) => !(isOfOneInstance && id === 'instance'));
  const options = toOptions(columns);
  const [preferences, setPreferences] = useTablePreferences(table, {
    pageSize: 20,
    wrapLines: false,
    contentDisplay: options.map(({ id }) => ({ id, visible: !HIDDEN_AT_FIRST.has(id) })),
  });
  const query = useBackupQuery(isOfOneInstance);
  const filter = { ...query.filter, ...props.filter };
  const list = useBackupList({ filter, order: query.order, pageSize: preferences.pageSize });
  const actions = useBackupActions();
  const opened = useOpenedBackup();
  const hasRoom = useHasRoom();

  return (
    <>
      <Table
        variant={isOfOneInstance ? 'container' : 'full-page'}
        stickyHeader={!isOfOneInstance}
        trackBy="id"
        items={list.backups}
        loading={list.isLoading}
        loadingText="Loading backups"
        columnDefinitions={[
          ...columns,
          {
            id: 'operation',
            header: 'Operation',
            minWidth: 150,
            cell: (backup) => <BackupMenu backup={backup} actions={actions} />,
          },
        ]}
        columnDisplay={preferences.contentDisplay}
        wrapLines={preferences.wrapLines}
        stickyColumns={{ first: 0, last: hasRoom ? 1 : 0 }}
        selectionType="multi"
        selectedItems={list.selected}
        onSelectionChange={({ detail }) => {
          list.select(detail.selectedItems);
        }}
        sortingColumn={{ sortingField: query.order.field }}
        sortingDescending={query.order.direction === 'DESC'}
        onSortingChange={({ detail }) => {
          query.sort(toOrder(detail));
        }}
        ariaLabels={{ ...SELECTION_LABELS, tableLabel: title }}
        {...(list.totalCount === undefined ? {} : { totalItemsCount: list.totalCount })}
        header={
          <BackupHeader
            title={title}
            isOfPage={!isOfOneInstance}
            totalCount={list.totalCount}
            selected={list.selected}
            onReload={list.reload}
            onDelete={() => {
              actions.open('delete', list.selected);
            }}
            onCreate={onCreate}
          />
        }
        filter={
          <BackupFilters
            criteria={query.criteria}
            isFiltered={query.isFiltered}
            isOfOneInstance={isOfOneInstance}
            matches={list.isCurrent ? list.totalCount : undefined}
            onChange={query.narrow}
            onClear={query.clear}
          />
        }
        pagination={<Pagination {...list.pagination} />}
        preferences={<TablePreferencesButton columns={options} preferences={preferences} onChange={setPreferences} />}
        empty={toEmpty(list, query, props)}
      />
      {actions.dialog ??
        (opened.id !== null && <BackupDetails id={opened.id} actions={actions} onDismiss={opened.close} />)}
    </>
  );
}

/** What stands in place of the rows. */
function toEmpty(
  list: ReturnType<typeof useBackupList>,
  query: ReturnType<typeof useBackupQuery>,
  { isOfOneInstance, onCreate }: BackupTableProps,
): ReactElement {
  if (list.failure !== null) return <QueryFailure what="The backups" error={list.failure} onRetry={list.reload} />;
  if (!list.isFirstPage) return <NothingLeft onLeave={list.toFirstPage} />;
  if (query.isFiltered) return <NoMatch onClear={query.clear} />;
  return <NoBackups isOfOneInstance={isOfOneInstance} onCreate={onCreate} />;
}

function toOptions(columns: typeof BACKUP_COLUMNS): { id: string; label: string; alwaysVisible: boolean }[] {
  return [
    ...columns.map(({ id, header }) => ({ id, label: header, alwaysVisible: id === 'name' })),
    { id: 'operation', label: 'Operation', alwaysVisible: true },
  ];
}

function toOrder({ sortingColumn, isDescending }: TableProps.SortingState<BackupRecordFragment>): BackupOrder {
  return {
    field: sortingColumn.sortingField === 'NAME' ? 'NAME' : 'STARTED_AT',
    direction: isDescending === true ? 'DESC' : 'ASC',
  };
}

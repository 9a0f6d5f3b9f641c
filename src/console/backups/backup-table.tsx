import Pagination from '@cloudscape-design/components/pagination';
import type { ReactElement } from 'react';
import { useBackupActions } from '../backup-actions/use-backup-actions';
import { QueryFailure } from '../display/query-failure';
import { StaleNotice } from '../display/stale-notice';
import type { BackupFilter } from '../gql/graphql';
import { TablePreferencesButton } from '../tables/table-preferences-button';
import { useTablePreferences } from '../tables/use-table-preferences';
import { BACKUP_COLUMNS } from './backup-columns';
import { BackupDetails } from './backup-details';
import { BackupFilters } from './backup-filters';
import { BackupHeader } from './backup-header';
import { BackupRows } from './backup-rows';
import { NoBackups, NoMatch, NothingLeft } from './no-backups';
import { TableCommandsProvider, useStableCommands } from './table-commands';
import { TablePartsProvider } from './table-parts';
import { useBackupList } from './use-backup-list';
import { useBackupQuery } from './use-backup-query';
import { useOpenedBackup } from './use-opened-backup';
import { useRows } from './use-rows';
import { useSelection } from './use-selection';

/** On demand: what takes the most room, and is asked for the least. */
const HIDDEN_AT_FIRST: ReadonlySet<string> = new Set(['duration', 'stored', 'description']);

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
  const options = toOptions(isOfOneInstance);
  const [preferences, setPreferences] = useTablePreferences(table, {
    pageSize: 20,
    wrapLines: false,
    contentDisplay: options.map(({ id }) => ({ id, visible: !HIDDEN_AT_FIRST.has(id) })),
  });
  const query = useBackupQuery(isOfOneInstance);
  const { filter, order, isFiltered } = query;
  const list = useBackupList({ filter: { ...filter, ...props.filter }, order, pageSize: preferences.pageSize });
  const rows = useRows(list.page, list.backups);
  const selection = useSelection(list.page, list.backups);
  const opened = useOpenedBackup();
  const { dialog, ...actions } = useBackupActions();
  const commands = useStableCommands({
    ...actions,
    openDetails: opened.open,
    select: selection.select,
    sort: query.sort,
  });
  const parts = {
    header: (
      <BackupHeader
        title={title}
        isOfPage={!isOfOneInstance}
        totalCount={list.totalCount}
        selected={selection.backups}
        onReload={list.reload}
        onCreate={onCreate}
      />
    ),
    filter: (
      <BackupFilters
        criteria={query.criteria}
        isFiltered={isFiltered}
        isOfOneInstance={isOfOneInstance}
        matches={list.isCurrent ? list.totalCount : undefined}
        onChange={query.narrow}
        onClear={query.clear}
      />
    ),
    pagination: <Pagination {...list.pagination} />,
    preferences: <TablePreferencesButton columns={options} preferences={preferences} onChange={setPreferences} />,
    empty: toEmpty(list, query, props),
  };
  return (
    <TableCommandsProvider value={commands}>
      <StaleNotice what="The backups" error={list.staleReason} onRetry={list.reload} />
      <TablePartsProvider value={parts}>
        <BackupRows
          title={title}
          isPage={!isOfOneInstance}
          rows={rows}
          totalCount={list.totalCount}
          isLoading={list.isLoading}
          selectedIds={selection.ids}
          sortedBy={order.field}
          isDescending={order.direction === 'DESC'}
          preferences={preferences}
        />
      </TablePartsProvider>
      {dialog ?? (opened.id !== null && <BackupDetails id={opened.id} onDismiss={opened.close} />)}
    </TableCommandsProvider>
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

/** The columns to choose from; the others are not shown. */
function toOptions(isOfOneInstance: boolean): { id: string; label: string; alwaysVisible: boolean }[] {
  return BACKUP_COLUMNS.filter(({ id }) => !(isOfOneInstance && id === 'instance')).map(({ id, header }) => ({
    id,
    label: header,
    alwaysVisible: id === 'name' || id === 'operation',
  }));
}

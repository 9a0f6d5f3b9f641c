import { useQuery } from '@apollo/client/react';
import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { QueryFailure } from '../display/query-failure';
import { StaleNotice } from '../display/stale-notice';
import { TablePreferencesButton } from '../tables/table-preferences-button';
import { usePages } from '../tables/use-pages';
import { useTablePreferences } from '../tables/use-table-preferences';
import { RESTORES_TO_INSTANCE } from './operations';
import { RESTORE_COLUMNS } from './restore-columns';

const COLUMN_OPTIONS = RESTORE_COLUMNS.map(({ id, header }) => ({ id, label: header, alwaysVisible: id === 'backup' }));

const DEFAULTS = {
  pageSize: 10,
  wrapLines: true,
  contentDisplay: COLUMN_OPTIONS.map(({ id }) => ({ id, visible: true })),
};

/** What was restored to the instance, newest first, a page at a time. */
export function RestoresTable({ instanceId }: { readonly instanceId: string }): ReactElement {
  const [preferences, setPreferences] = useTablePreferences('instance-restores', DEFAULTS);
  const { pageSize } = preferences;
  const pages = usePages({ instanceId, pageSize });
  const { data, previousData, error, loading, refetch } = useQuery(RESTORES_TO_INSTANCE, {
    variables: { instanceId, first: pageSize, after: pages.after },
    notifyOnNetworkStatusChange: true,
  });
  const isFailed = data === undefined && error !== undefined && !loading;
  const shown = isFailed ? undefined : (data ?? previousData)?.restores;
  const retry = (): void => void refetch().catch(() => undefined);
  return (
    <>
      <StaleNotice what="The restores" error={data === undefined ? undefined : error} onRetry={retry} />
      <Table
        variant="container"
        trackBy="id"
        items={shown?.nodes ?? []}
        columnDefinitions={RESTORE_COLUMNS}
        columnDisplay={preferences.contentDisplay}
        wrapLines={preferences.wrapLines}
        loading={shown === undefined && !isFailed}
        loadingText="Loading restores"
        ariaLabels={{ tableLabel: 'Restores' }}
        {...(shown === undefined ? {} : { totalItemsCount: shown.totalCount })}
        header={
          <Header
            variant="h2"
            description="To this instance, newest first."
            {...(shown === undefined ? {} : { counter: `(${shown.totalCount.toLocaleString('en')})` })}
          >
            Restores
          </Header>
        }
        pagination={<Pagination {...pages.toPagination(data?.restores.pageInfo)} />}
        preferences={
          <TablePreferencesButton columns={COLUMN_OPTIONS} preferences={preferences} onChange={setPreferences} />
        }
        empty={isFailed ? <QueryFailure what="The restores" error={error} onRetry={retry} /> : <NoRestores />}
      />
    </>
  );
}

function NoRestores(): ReactElement {
  return (
    <Box textAlign="center" margin={{ vertical: 'l' }}>
      <SpaceBetween size="xs">
        <Box variant="strong">No restores</Box>
        <Box color="text-body-secondary">
          Nothing has been restored to this instance yet. Restore a completed backup from its menu “More”.
        </Box>
      </SpaceBetween>
    </Box>
  );
}

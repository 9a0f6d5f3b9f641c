import { useApolloClient, useQuery } from '@apollo/client/react';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { QueryFailure } from '../display/query-failure';
import { StaleNotice } from '../display/stale-notice';
import type { InstanceRecordFragment } from '../gql/graphql';
import { useScope } from '../shell/scope';
import { TablePreferencesButton } from '../tables/table-preferences-button';
import { useHasRoom } from '../tables/use-has-room';
import { usePages } from '../tables/use-pages';
import { useTablePreferences } from '../tables/use-table-preferences';
import { toInstanceColumns } from './instance-columns';
import { InstanceFilters } from './instance-filters';
import { InstanceMenu } from './instance-menu';
import type { InstanceAction } from './instance-menu';
import { NoInstances, NoMatch, NoMore } from './no-instances';
import { INSTANCE_LIST } from './operations';
import { useInstanceQuery } from './use-instance-query';

const COLUMN_OPTIONS = [
  ...toInstanceColumns(false).map(({ id, header }) => ({ id, label: header, alwaysVisible: id === 'name' })),
  { id: 'operation', label: 'Operation', alwaysVisible: true },
];

const DEFAULTS = {
  pageSize: 20,
  wrapLines: false,
  contentDisplay: COLUMN_OPTIONS.map(({ id }) => ({ id, visible: id !== 'createdAt' })),
};

interface InstanceTableProps {
  readonly onRegister: () => void;
  readonly onChoose: (action: InstanceAction, instance: InstanceRecordFragment) => void;
}

/** The instances of the region and the project, a page at a time. */
export function InstanceTable({ onRegister, onChoose }: InstanceTableProps): ReactElement {
  const client = useApolloClient();
  const scope = useScope();
  const hasRoom = useHasRoom();
  const [preferences, setPreferences] = useTablePreferences('instances', DEFAULTS);
  const { criteria, isFiltered, order, narrow, clear, sort } = useInstanceQuery();
  const { name, ...keys } = criteria;
  const filter = { ...scope, ...keys, nameContains: name === '' ? null : name };
  const { pageSize } = preferences;
  const pages = usePages({ filter, order, pageSize });
  const { data, previousData, error, loading, refetch } = useQuery(INSTANCE_LIST, {
    variables: { first: pageSize, after: pages.after, filter, orderBy: order },
    notifyOnNetworkStatusChange: true,
  });
  const isFailed = data === undefined && error !== undefined && !loading;
  const shown = isFailed ? undefined : (data ?? previousData)?.instances;

  const retry = (): void => void refetch().catch(() => undefined);
  return (
    <>
      <StaleNotice what="The instances" error={data === undefined ? undefined : error} onRetry={retry} />
      <Table
        variant="full-page"
        stickyHeader
        trackBy="id"
        items={shown?.nodes ?? []}
        loading={shown === undefined && !isFailed}
        loadingText="Loading instances"
        columnDefinitions={[...toInstanceColumns(preferences.wrapLines), toMenuColumn(onChoose)]}
        columnDisplay={preferences.contentDisplay}
        wrapLines={preferences.wrapLines}
        stickyColumns={hasRoom ? { first: 2, last: 1 } : { first: 0, last: 0 }}
        sortingColumn={{ sortingField: order.field }}
        sortingDescending={order.direction === 'DESC'}
        onSortingChange={({ detail }) => {
          const field = detail.sortingColumn.sortingField === 'CREATED_AT' ? 'CREATED_AT' : 'NAME';
          sort({ field, direction: detail.isDescending === true ? 'DESC' : 'ASC' });
        }}
        ariaLabels={{ tableLabel: 'Instances' }}
        {...(shown === undefined ? {} : { totalItemsCount: shown.totalCount })}
        header={
          <Header
            variant="awsui-h1-sticky"
            {...(shown === undefined ? {} : { counter: `(${shown.totalCount.toLocaleString('en')})` })}
            actions={
              <SpaceBetween direction="horizontal" size="xs">
                <Button
                  iconName="refresh"
                  ariaLabel="Refresh"
                  onClick={() => {
                    // The databases of the instances, too: no event tells that they have changed.
                    client.refetchQueries({ include: 'active' }).catch(() => undefined);
                  }}
                />
                <Button variant="primary" onClick={onRegister}>
                  Register Instance
                </Button>
              </SpaceBetween>
            }
          >
            Instance Management
          </Header>
        }
        filter={
          <InstanceFilters
            criteria={criteria}
            matches={data === undefined ? undefined : shown?.totalCount}
            onChange={narrow}
          />
        }
        pagination={<Pagination {...pages.toPagination(data?.instances.pageInfo)} />}
        preferences={
          <TablePreferencesButton columns={COLUMN_OPTIONS} preferences={preferences} onChange={setPreferences} />
        }
        empty={
          isFailed ? (
            <QueryFailure what="The instances" error={error} onRetry={retry} />
          ) : pages.after !== null ? (
            <NoMore />
          ) : isFiltered ? (
            <NoMatch onClear={clear} />
          ) : (
            <NoInstances scope={scope} onRegister={onRegister} />
          )
        }
      />
    </>
  );
}

function toMenuColumn(onChoose: InstanceTableProps['onChoose']): TableProps.ColumnDefinition<InstanceRecordFragment> {
  return {
    id: 'operation',
    header: 'Operation',
    minWidth: 150,
    cell: (instance) => (
      <InstanceMenu
        instance={instance}
        onChoose={(action) => {
          onChoose(action, instance);
        }}
      />
    ),
  };
}

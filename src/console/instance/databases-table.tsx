import { useQuery } from '@apollo/client/react';
import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { byName, byUserAndName } from '../display/database-order';
import { formatBytes } from '../display/format';
import { QueryFailure } from '../display/query-failure';
import type { InstanceDatabasesQuery } from '../gql/graphql';
import { INSTANCE_DATABASES } from '../instances/instance-databases';
import { SecondLine } from '../instances/second-line';
import { useLocalPages } from '../tables/use-local-pages';

type Database = NonNullable<InstanceDatabasesQuery['instance']>['databases'][number];

const PAGE_SIZE = 20;

const COLUMNS = [
  {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    cell: ({ name, system, unavailableReason }) =>
      unavailableReason === null || system ? (
        name
      ) : (
        <>
          {name}
          <SecondLine>It cannot be backed up now: {unavailableReason}</SecondLine>
        </>
      ),
    sortingComparator: byName,
  },
  {
    id: 'size',
    header: 'Size',
    cell: ({ sizeBytes }) => formatBytes(sizeBytes),
    sortingComparator: (one, other) => one.sizeBytes - other.sizeBytes,
  },
  {
    id: 'type',
    header: 'Type',
    cell: ({ system }) => (system ? <Badge>System</Badge> : 'User'),
    sortingComparator: byUserAndName,
  },
] as const satisfies readonly TableProps.ColumnDefinition<Database>[];

/** Those that can be chosen for a backup come first. */
const BY_TYPE: Sorting = { sortingColumn: COLUMNS[2], isDescending: false };

type Sorting = TableProps.SortingState<Database>;

/** The databases that the instance has now. It is asked itself, so it may not answer: the rest of the page is there all the same. */
export function DatabasesTable({ instanceId }: { readonly instanceId: string }): ReactElement {
  const [sorting, setSorting] = useState(BY_TYPE);
  const { data, error, loading, refetch } = useQuery(INSTANCE_DATABASES, {
    variables: { id: instanceId },
    notifyOnNetworkStatusChange: true,
  });
  const ask = (): void => {
    refetch().catch(() => undefined);
  };
  const isFailed = error !== undefined && !loading;
  const databases = isFailed ? undefined : data?.instance?.databases;
  const sorted = sort(databases ?? [], sorting);
  const { items, pagination } = useLocalPages(sorted, PAGE_SIZE);
  return (
    <Table
      variant="container"
      trackBy="name"
      items={items}
      columnDefinitions={COLUMNS}
      loading={databases === undefined && !isFailed}
      loadingText="Asking the instance"
      ariaLabels={{ tableLabel: 'Databases' }}
      totalItemsCount={sorted.length}
      sortingColumn={sorting.sortingColumn}
      sortingDescending={sorting.isDescending ?? false}
      onSortingChange={({ detail }) => {
        setSorting(detail);
      }}
      header={
        <Header
          variant="h2"
          {...(databases === undefined
            ? {}
            : { counter: `(${sorted.length.toLocaleString('en')})`, description: describe(databases) })}
          actions={<Button iconName="refresh" ariaLabel="Refresh databases" loading={loading} onClick={ask} />}
        >
          Databases
        </Header>
      }
      pagination={pagination !== null && <Pagination {...pagination} />}
      empty={
        isFailed ? (
          <QueryFailure what="The databases" error={error} onRetry={ask} />
        ) : (
          <Box color="text-body-secondary">The instance has no databases.</Box>
        )
      }
    />
  );
}

function sort(databases: readonly Database[], { sortingColumn, isDescending }: Sorting): readonly Database[] {
  const compare = sortingColumn.sortingComparator ?? (() => 0);
  return [...databases].sort((one, other) => (isDescending === true ? compare(other, one) : compare(one, other)));
}

function describe(databases: readonly Database[]): string {
  return `${formatBytes(databases.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))} in all, as the instance says now.`;
}

import Badge from '@cloudscape-design/components/badge';
import Header from '@cloudscape-design/components/header';
import Pagination from '@cloudscape-design/components/pagination';
import Table from '@cloudscape-design/components/table';
import type { TableProps } from '@cloudscape-design/components/table';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { byUserAndName } from '../display/database-order';
import { Copyable } from '../display/copyable';
import { formatKnownBytes } from '../display/format';
import type { BackupRecordFragment } from '../gql/graphql';

/** A server may have thousands. */
const PAGE_SIZE = 20;

type Database = BackupRecordFragment['databases'][number];

interface DatabaseTableProps {
  readonly databases: readonly Database[];
  /** Which databases there are to be is not known at once. */
  readonly isBuilding: boolean;
}

const COLUMNS: readonly TableProps.ColumnDefinition<Database>[] = [
  {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    minWidth: 140,
    cell: ({ name, system }) => (
      <>
        {name} {system && <Badge>System</Badge>}
      </>
    ),
  },
  { id: 'size', header: 'Size', cell: ({ originalBytes }) => formatKnownBytes(originalBytes) },
  { id: 'stored', header: 'Stored size', cell: ({ storedBytes }) => formatKnownBytes(storedBytes) },
  {
    id: 'sha256',
    header: 'SHA-256 of the stored bytes',
    minWidth: 240,
    cell: ({ name, sha256 }) =>
      sha256 === null ? '–' : <Copyable isInDialog text={sha256} what={`SHA-256 of ${name}`} />,
  },
];

/** What a backup holds, database by database. */
export function DatabaseTable({ databases, isBuilding }: DatabaseTableProps): ReactElement {
  const [page, setPage] = useState(1);
  const pagesCount = Math.ceil(databases.length / PAGE_SIZE);
  const shown = [...databases].sort(byUserAndName).slice((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
  return (
    <Table
      variant="embedded"
      trackBy="name"
      items={shown}
      columnDefinitions={COLUMNS}
      wrapLines
      totalItemsCount={databases.length}
      firstIndex={(page - 1) * PAGE_SIZE + 1}
      ariaLabels={{ tableLabel: 'Databases' }}
      header={
        <Header variant="h3" counter={`(${databases.length.toLocaleString('en')})`}>
          Databases
        </Header>
      }
      {...(pagesCount > 1 && {
        pagination: (
          <Pagination
            currentPageIndex={page}
            pagesCount={pagesCount}
            onChange={({ detail }) => {
              setPage(detail.currentPageIndex);
            }}
          />
        ),
      })}
      empty={isBuilding ? 'They become known soon after the work begins.' : 'It holds no database.'}
    />
  );
}

import type { TableProps } from '@cloudscape-design/components/table';
import { memo } from 'react';
import { formatKnownBytes, formatTimeTaken } from '../display/format';
import { Timestamp } from '../display/timestamp';
import { BACKUP_TYPES, ENGINES } from '../display/words';
import type { BackupOrderField, BackupRecordFragment } from '../gql/graphql';
import { SecondLine } from '../instances/second-line';
import { BackupMenu } from './backup-menu';
import { DatabasesCell } from './databases-cell';
import { InstanceName } from './instance-name';
import { NameCell } from './name-cell';
import { StatusCell } from './status-cell';
import { VerificationCell } from './verification-cell';

const Name = memo(NameCell);
const Status = memo(StatusCell);
const Instance = memo(InstanceName);
const Databases = memo(DatabasesCell);
const Verification = memo(VerificationCell);
const Menu = memo(BackupMenu);

type Column = TableProps.ColumnDefinition<BackupRecordFragment> & {
  readonly id: string;
  readonly header: string;
  readonly sortingField?: BackupOrderField;
};

/** What the table can show of a backup. What is dear to render is so only when the backup has changed. */
export const BACKUP_COLUMNS: readonly Column[] = [
  {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    sortingField: 'NAME',
    minWidth: 200,
    maxWidth: 260,
    cell: (backup) => <Name backup={backup} />,
  },
  { id: 'status', header: 'Status', minWidth: 190, cell: (backup) => <Status backup={backup} /> },
  { id: 'instance', header: 'Instance', maxWidth: 200, cell: (backup) => <Instance backup={backup} /> },
  {
    id: 'startedAt',
    header: 'Started',
    sortingField: 'STARTED_AT',
    cell: ({ startedAt }) => <Timestamp iso={startedAt} />,
  },
  {
    id: 'duration',
    header: 'Duration',
    cell: ({ startedAt, completedAt }) => formatTimeTaken(startedAt, completedAt),
  },
  { id: 'size', header: 'Size', cell: ({ sizeBytes }) => formatKnownBytes(sizeBytes) },
  { id: 'stored', header: 'Stored size', cell: ({ storedBytes }) => formatKnownBytes(storedBytes) },
  { id: 'databases', header: 'Databases', cell: (backup) => <Databases backup={backup} /> },
  { id: 'verification', header: 'Verified', minWidth: 120, cell: (backup) => <Verification backup={backup} /> },
  { id: 'type', header: 'Type', cell: ({ type }) => BACKUP_TYPES[type] },
  {
    id: 'engine',
    header: 'Engine',
    cell: ({ engine, engineVersion }) => (
      <>
        {ENGINES[engine]}
        <SecondLine>{engineVersion}</SecondLine>
      </>
    ),
  },
  { id: 'description', header: 'Description', maxWidth: 300, cell: ({ description }) => description ?? '–' },
  { id: 'operation', header: 'Operation', minWidth: 150, cell: (backup) => <Menu backup={backup} /> },
];

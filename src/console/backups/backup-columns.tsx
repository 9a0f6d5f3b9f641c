import type { TableProps } from '@cloudscape-design/components/table';
import { Copyable } from '../display/copyable';
import { formatKnownBytes, formatTimeTaken } from '../display/format';
import { Timestamp } from '../display/timestamp';
import { BACKUP_TYPES, ENGINES } from '../display/words';
import type { BackupOrderField, BackupRecordFragment } from '../gql/graphql';
import { SecondLine } from '../instances/second-line';
import { BackupLink } from './backup-link';
import { DatabasesCell } from './databases-cell';
import { InstanceName } from './instance-name';
import { StatusCell } from './status-cell';
import { VerificationCell } from './verification-cell';

type Column = TableProps.ColumnDefinition<BackupRecordFragment> & {
  readonly id: string;
  readonly header: string;
  readonly sortingField?: BackupOrderField;
};

/** What the table can show of a backup, beside what can be done with it. */
export const BACKUP_COLUMNS: readonly Column[] = [
  {
    id: 'name',
    header: 'Name',
    isRowHeader: true,
    sortingField: 'NAME',
    minWidth: 200,
    maxWidth: 260,
    cell: ({ id, name }) => (
      <>
        <BackupLink id={id}>{name}</BackupLink>
        <SecondLine>
          <Copyable text={id} what={`ID of ${name}`} />
        </SecondLine>
      </>
    ),
  },
  { id: 'status', header: 'Status', minWidth: 190, cell: (backup) => <StatusCell backup={backup} /> },
  { id: 'instance', header: 'Instance', maxWidth: 200, cell: (backup) => <InstanceName backup={backup} /> },
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
  { id: 'databases', header: 'Databases', cell: (backup) => <DatabasesCell backup={backup} /> },
  { id: 'verification', header: 'Verified', minWidth: 120, cell: (backup) => <VerificationCell backup={backup} /> },
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
];

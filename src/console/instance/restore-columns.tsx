import type { TableProps } from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { FailureDetails } from '../display/failure-details';
import { formatTimeTaken } from '../display/format';
import { RestoreStatusIndicator } from '../display/status';
import { Timestamp } from '../display/timestamp';
import { WorkProgress } from '../display/work-progress';
import type { RestoreRecordFragment } from '../gql/graphql';
import { ScopedLink } from '../shell/scoped-link';
import { RestoredDatabases } from './restored-databases';

type Column = TableProps.ColumnDefinition<RestoreRecordFragment> & { readonly id: string; readonly header: string };

/** What the table can show of a restore. */
export const RESTORE_COLUMNS: readonly Column[] = [
  {
    id: 'backup',
    header: 'Backup',
    isRowHeader: true,
    minWidth: 180,
    cell: ({ backupId, backupName }) => (
      <ScopedLink to="/backups" search={{ backup: backupId }}>
        {backupName}
      </ScopedLink>
    ),
  },
  {
    id: 'databases',
    header: 'Databases',
    minWidth: 160,
    maxWidth: 320,
    cell: (restore) => <RestoredDatabases restore={restore} />,
  },
  { id: 'status', header: 'Status', minWidth: 220, cell: (restore) => <Status restore={restore} /> },
  { id: 'startedAt', header: 'Started', cell: ({ startedAt }) => <Timestamp iso={startedAt} /> },
  {
    id: 'duration',
    header: 'Duration',
    cell: ({ startedAt, completedAt }) => formatTimeTaken(startedAt, completedAt),
  },
];

function Status({ restore }: { readonly restore: RestoreRecordFragment }): ReactElement {
  const { status, failure, backupName, progress } = restore;
  if (status === 'RUNNING') return <WorkProgress label={`Restoring ${backupName}`} progress={progress} />;
  const indicator = <RestoreStatusIndicator status={status} />;
  return failure === null ? indicator : <FailureDetails failure={failure}>{indicator}</FailureDetails>;
}

import type { TableProps } from '@cloudscape-design/components/table';
import type { ReactElement } from 'react';
import { Copyable } from '../display/copyable';
import { Timestamp } from '../display/timestamp';
import { ENGINES, ROLES } from '../display/words';
import type { InstanceOrderField, InstanceRecordFragment } from '../gql/graphql';
import { ScopedLink } from '../shell/scoped-link';
import { DatabasesCell } from './databases-cell';
import { SecondLine } from './second-line';
import { StatusCell } from './status-cell';

type Column = TableProps.ColumnDefinition<InstanceRecordFragment> & {
  readonly id: string;
  readonly header: string;
  readonly sortingField?: InstanceOrderField;
};

/**
 * What the table can show of an instance, beside what can be done with it.
 * @param wrapLines whether long texts are shown whole
 */
export function toInstanceColumns(wrapLines: boolean): readonly Column[] {
  return [
    {
      id: 'name',
      header: 'Name',
      isRowHeader: true,
      sortingField: 'NAME',
      minWidth: 160,
      maxWidth: 200,
      cell: ({ id, name }) => (
        <>
          <ScopedLink to={`/instances/${id}`}>{name}</ScopedLink>
          <SecondLine>
            <Copyable text={id} what={`ID of ${name}`} isWrapped={wrapLines} />
          </SecondLine>
        </>
      ),
    },
    { id: 'status', header: 'Status', minWidth: 150, cell: (instance) => <StatusCell instance={instance} /> },
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
    { id: 'role', header: 'Role', cell: ({ role }) => ROLES[role] },
    { id: 'databases', header: 'Databases', minWidth: 130, cell: (instance) => <DatabasesCell instance={instance} /> },
    {
      id: 'lastBackup',
      header: 'Last backup',
      minWidth: 150,
      maxWidth: 200,
      cell: ({ lastBackups }) => <LastBackup backup={lastBackups.nodes[0]} />,
    },
    {
      id: 'endpoint',
      header: 'Address',
      minWidth: 150,
      maxWidth: 200,
      cell: ({ name, endpoint }) => <Copyable text={endpoint} what={`Address of ${name}`} isWrapped={wrapLines} />,
    },
    {
      id: 'createdAt',
      header: 'Registered',
      sortingField: 'CREATED_AT',
      cell: ({ createdAt }) => <Timestamp iso={createdAt} />,
    },
  ];
}

interface LastBackupProps {
  readonly backup: InstanceRecordFragment['lastBackups']['nodes'][number] | undefined;
}

function LastBackup({ backup }: LastBackupProps): ReactElement {
  if (backup === undefined) return <>None yet</>;
  return (
    <>
      <ScopedLink to="/backups" search={{ backup: backup.id }}>
        {backup.name}
      </ScopedLink>
      <SecondLine>
        <Timestamp iso={backup.completedAt} />
      </SecondLine>
    </>
  );
}

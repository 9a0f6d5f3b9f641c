import Button from '@cloudscape-design/components/button';
import Header from '@cloudscape-design/components/header';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { findDeleteRefusal } from '../backup-actions/refusals';
import type { BackupRecordFragment } from '../gql/graphql';
import { useTableCommands } from './table-commands';

/** The API deletes no more at once. */
const MAX_DELETED = 50;

interface BackupHeaderProps {
  readonly title: string;
  /** Whether it is the page's own heading. */
  readonly isOfPage: boolean;
  /** How many there are in all; undefined while that is not known. */
  readonly totalCount: number | undefined;
  readonly selected: readonly BackupRecordFragment[];
  readonly onReload: () => void;
  readonly onCreate: () => void;
}

/** Name of the table, and what can be done with all that is selected. */
export function BackupHeader(props: BackupHeaderProps): ReactElement {
  const { title, isOfPage, totalCount, selected, onReload, onCreate } = props;
  const { open } = useTableCommands();
  const refusal = findRefusal(selected);
  return (
    <Header
      variant={isOfPage ? 'awsui-h1-sticky' : 'h2'}
      {...(totalCount === undefined ? {} : { counter: toCounter(selected.length, totalCount) })}
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <Button iconName="refresh" ariaLabel="Refresh" onClick={onReload} />
          <Button
            onClick={() => {
              open('delete', selected);
            }}
            disabled={refusal !== null}
            {...(refusal === null ? {} : { disabledReason: refusal })}
          >
            Delete
          </Button>
          <Button variant="primary" onClick={onCreate}>
            Create Backup
          </Button>
        </SpaceBetween>
      }
    >
      {title}
    </Header>
  );
}

/** Why what is selected cannot be deleted; null when at least a part of it can. */
function findRefusal(selected: readonly BackupRecordFragment[]): string | null {
  if (selected.length === 0) return 'Select the backups to delete.';
  if (selected.length > MAX_DELETED) {
    return `At most ${MAX_DELETED.toString()} backups can be deleted at once; ${selected.length.toString()} are selected.`;
  }
  const refusals = selected.map(findDeleteRefusal);
  if (refusals.includes(undefined)) return null;
  return (selected.length === 1 ? refusals[0] : undefined) ?? 'None of the selected backups can be deleted now.';
}

function toCounter(selected: number, total: number): string {
  const all = total.toLocaleString('en');
  return selected === 0 ? `(${all})` : `(${selected.toString()}/${all})`;
}

import type { ReactElement } from 'react';
import type { BackupFilter } from '../gql/graphql';

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
export function BackupTable({ title }: BackupTableProps): ReactElement {
  return <>{title}</>;
}

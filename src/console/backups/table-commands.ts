import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import { createContext, useContext, useInsertionEffect, useRef, useState } from 'react';
import type { BackupOrder, BackupRecordFragment } from '../gql/graphql';

/** What the rows of the table can ask for. */
export interface TableCommands {
  readonly itemsOf: (backup: BackupRecordFragment) => readonly ButtonDropdownProps.Item[];
  readonly open: (actionId: string, backups: readonly BackupRecordFragment[]) => void;
  readonly openDetails: (id: string) => void;
  readonly select: (backups: readonly BackupRecordFragment[]) => void;
  readonly sort: (order: BackupOrder) => void;
}

const Context = createContext<TableCommands | null>(null);

export const TableCommandsProvider = Context.Provider;

export function useTableCommands(): TableCommands {
  const commands = useContext(Context);
  if (commands === null) throw new Error('useTableCommands is called outside TableCommandsProvider');
  return commands;
}

/** The same functions for as long as the table is there: no row is rendered again for the sake of new ones. */
export function useStableCommands(commands: TableCommands): TableCommands {
  const latest = useRef(commands);
  useInsertionEffect(() => {
    latest.current = commands;
  });
  const [stable] = useState<TableCommands>(() => ({
    itemsOf: (backup) => latest.current.itemsOf(backup),
    open: (actionId, backups) => {
      latest.current.open(actionId, backups);
    },
    openDetails: (id) => {
      latest.current.openDetails(id);
    },
    select: (backups) => {
      latest.current.select(backups);
    },
    sort: (order) => {
      latest.current.sort(order);
    },
  }));
  return stable;
}

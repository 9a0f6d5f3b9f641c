import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { useTableCommands } from './table-commands';

/** What can be done with one backup. */
export function BackupMenu({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { itemsOf, open } = useTableCommands();
  return (
    <ButtonDropdown
      expandToViewport
      ariaLabel={`More operations on ${backup.name}`}
      items={itemsOf(backup)}
      onItemClick={({ detail }) => {
        open(detail.id, [backup]);
      }}
    >
      More
    </ButtonDropdown>
  );
}

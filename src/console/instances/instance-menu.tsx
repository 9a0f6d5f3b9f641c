import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import type { ReactElement } from 'react';
import type { InstanceRecordFragment } from '../gql/graphql';
import { findBackupRefusal, findChangeRefusal } from './refusals';

/** What can be done with one instance, each in a dialog of its own. */
export type InstanceAction = 'create-backup' | 'edit' | 'delete';

interface InstanceMenuProps {
  readonly instance: InstanceRecordFragment;
  readonly onChoose: (action: InstanceAction) => void;
}

/** "More" in the Operation column (source document, method 1). */
export function InstanceMenu({ instance, onChoose }: InstanceMenuProps): ReactElement {
  const items = [
    toItem('create-backup', 'Create Backup', findBackupRefusal(instance)),
    toItem('edit', 'Edit', findChangeRefusal(instance, 'changed')),
    toItem('delete', 'Delete', findChangeRefusal(instance, 'deleted')),
  ];
  return (
    <ButtonDropdown
      expandToViewport
      ariaLabel={`More operations on ${instance.name}`}
      items={items}
      onItemClick={({ detail }) => {
        const chosen = items.find(({ id }) => id === detail.id);
        if (chosen !== undefined) onChoose(chosen.id);
      }}
    >
      More
    </ButtonDropdown>
  );
}

function toItem(
  id: InstanceAction,
  text: string,
  disabledReason: string | undefined,
): ButtonDropdownProps.Item & { readonly id: InstanceAction } {
  return { id, text, ...(disabledReason === undefined ? {} : { disabled: true, disabledReason }) };
}

import Button from '@cloudscape-design/components/button';
import ButtonDropdown from '@cloudscape-design/components/button-dropdown';
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import Header from '@cloudscape-design/components/header';
import LiveRegion from '@cloudscape-design/components/live-region';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { InstanceStatusIndicator } from '../display/status';
import type { InstanceRecordFragment } from '../gql/graphql';
import type { InstanceAction } from '../instances/instance-menu';
import { findBackupRefusal, findChangeRefusal } from '../instances/refusals';

interface InstanceHeaderProps {
  readonly instance: InstanceRecordFragment;
  readonly onChoose: (action: InstanceAction) => void;
}

/** Name and status of the instance, and what can be done with it; what cannot says why. */
export function InstanceHeader({ instance, onChoose }: InstanceHeaderProps): ReactElement {
  const { name, status } = instance;
  const backupRefusal = findBackupRefusal(instance);
  const items = [
    toItem('edit', 'Edit', findChangeRefusal(instance, 'changed')),
    toItem('delete', 'Delete', findChangeRefusal(instance, 'deleted')),
  ];
  return (
    <Header
      variant="h1"
      info={
        <LiveRegion tagName="span">
          <InstanceStatusIndicator status={status} />
        </LiveRegion>
      }
      actions={
        <SpaceBetween direction="horizontal" size="xs">
          <ButtonDropdown
            ariaLabel={`More operations on ${name}`}
            items={items}
            onItemClick={({ detail }) => {
              const chosen = items.find(({ id }) => id === detail.id);
              if (chosen !== undefined) onChoose(chosen.id);
            }}
          >
            More
          </ButtonDropdown>
          <Button
            variant="primary"
            {...(backupRefusal === undefined ? {} : { disabled: true, disabledReason: backupRefusal })}
            onClick={() => {
              onChoose('create-backup');
            }}
          >
            Create Backup
          </Button>
        </SpaceBetween>
      }
    >
      {name}
    </Header>
  );
}

function toItem(
  id: InstanceAction,
  text: string,
  disabledReason: string | undefined,
): ButtonDropdownProps.Item & { readonly id: InstanceAction } {
  return { id, text, ...(disabledReason === undefined ? {} : { disabled: true, disabledReason }) };
}

import type { ApolloClient } from '@apollo/client';
import { useApolloClient } from '@apollo/client/react';
import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { BackupDialog } from './backup-dialog';
import type { OpenedAction } from './backup-dialog';
import { askForLinks } from './file-links';
import {
  findCancelRefusal,
  findDeleteRefusal,
  findFilesRefusal,
  findRestoreRefusal,
  findVerifyRefusal,
} from './refusals';
import type { FindRefusal } from './refusals';

interface BackupActions {
  /** For the menu of one backup. What cannot be done now is disabled, and says why. */
  readonly itemsOf: (backup: BackupRecordFragment) => readonly ButtonDropdownProps.Item[];
  /** Opens the dialog of an item. Several backups can only be deleted. */
  readonly open: (actionId: string, backups: readonly BackupRecordFragment[]) => void;
  /** To be rendered wherever there is room for a dialog; null while none is open. */
  readonly dialog: ReactElement | null;
}

const ACTIONS: Readonly<Record<OpenedAction['action'], { readonly text: string; readonly findRefusal: FindRefusal }>> =
  {
    restore: { text: 'Restore', findRefusal: findRestoreRefusal },
    download: { text: 'Download', findRefusal: findFilesRefusal },
    verify: { text: 'Verify', findRefusal: findVerifyRefusal },
    cancel: { text: 'Cancel Backup', findRefusal: findCancelRefusal },
    delete: { text: 'Delete', findRefusal: findDeleteRefusal },
  };

/** What can be done with backups, each in a dialog of its own. */
export function useBackupActions(): BackupActions {
  const client = useApolloClient();
  const [opened, setOpened] = useState<OpenedAction | null>(null);
  return {
    itemsOf: (backup) =>
      Object.entries(ACTIONS).map(([id, { text, findRefusal }]) => {
        const disabledReason = findRefusal(backup);
        return { id, text, ...(disabledReason === undefined ? {} : { disabled: true, disabledReason }) };
      }),
    open: (actionId, backups) => {
      setOpened(toOpened(client, actionId, backups));
    },
    dialog:
      opened === null ? null : (
        <BackupDialog
          opened={opened}
          onDismiss={() => {
            setOpened(null);
          }}
        />
      ),
  };
}

function toOpened(
  client: ApolloClient,
  actionId: string,
  backups: readonly BackupRecordFragment[],
): OpenedAction | null {
  const [backup] = backups;
  if (backup === undefined) return null;
  switch (actionId) {
    case 'restore':
    case 'verify':
    case 'cancel':
      return { action: actionId, backup };
    case 'download':
      return { action: actionId, backup, links: askForLinks(client, backup.id) };
    case 'delete':
      return { action: actionId, backups };
    default:
      return null;
  }
}

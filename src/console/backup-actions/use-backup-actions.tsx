import type { ButtonDropdownProps } from '@cloudscape-design/components/button-dropdown';
import { useState } from 'react';
import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import {
  findCancelRefusal,
  findDeleteRefusal,
  findFilesRefusal,
  findRestoreRefusal,
  findVerifyRefusal,
} from './refusals';
import type { FindRefusal } from './refusals';

type BackupAction = 'restore' | 'download' | 'verify' | 'cancel' | 'delete';

interface BackupActions {
  /** For the menu of one backup. What cannot be done now is disabled, and says why. */
  readonly itemsOf: (backup: BackupRecordFragment) => readonly ButtonDropdownProps.Item[];
  /** Opens the dialog of an item. Several backups can only be deleted. */
  readonly open: (actionId: string, backups: readonly BackupRecordFragment[]) => void;
  /** To be rendered wherever there is room for a dialog; null while none is open. */
  readonly dialog: ReactElement | null;
}

const ACTIONS: Readonly<Record<BackupAction, { readonly text: string; readonly findRefusal: FindRefusal }>> = {
  restore: { text: 'Restore', findRefusal: findRestoreRefusal },
  download: { text: 'Download', findRefusal: findFilesRefusal },
  verify: { text: 'Verify', findRefusal: findVerifyRefusal },
  cancel: { text: 'Cancel Backup', findRefusal: findCancelRefusal },
  delete: { text: 'Delete', findRefusal: findDeleteRefusal },
};

/** What can be done with backups, each in a dialog of its own. */
export function useBackupActions(): BackupActions {
  const [, setOpened] = useState<{
    readonly action: BackupAction;
    readonly backups: readonly BackupRecordFragment[];
  } | null>(null);
  return {
    itemsOf: (backup) =>
      Object.entries(ACTIONS).map(([id, { text, findRefusal }]) => {
        const disabledReason = findRefusal(backup);
        return { id, text, ...(disabledReason === undefined ? {} : { disabled: true, disabledReason }) };
      }),
    open: (actionId, backups) => {
      if (Object.hasOwn(ACTIONS, actionId)) setOpened({ action: actionId as BackupAction, backups });
    },
    dialog: null,
  };
}

import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { CancelBackupDialog } from './cancel-backup-dialog';
import { DeleteBackupsDialog } from './delete-backups-dialog';
import { DownloadDialog } from './download-dialog';
import type { FileLinks } from './file-links';
import { RestoreDialog } from './restore-dialog';
import { useLiveBackups } from './use-live-backups';
import { VerifyDialog } from './verify-dialog';

/** What has been opened, and of which backups. */
export type OpenedAction =
  | { readonly action: 'restore' | 'verify' | 'cancel'; readonly backup: BackupRecordFragment }
  | { readonly action: 'download'; readonly backup: BackupRecordFragment; readonly links: Promise<FileLinks> }
  | { readonly action: 'delete'; readonly backups: readonly BackupRecordFragment[] };

interface BackupDialogProps {
  readonly opened: OpenedAction;
  readonly onDismiss: () => void;
}

/** The dialog of an action. It shows its backups as they are now, not as they were when it was opened. */
export function BackupDialog({ opened, onDismiss }: BackupDialogProps): ReactElement {
  const live = useLiveBackups(opened.action === 'delete' ? opened.backups : [opened.backup]);
  if (opened.action === 'delete') return <DeleteBackupsDialog backups={live} onDismiss={onDismiss} />;
  const props = { backup: live[0] ?? opened.backup, onDismiss };
  switch (opened.action) {
    case 'restore':
      return <RestoreDialog {...props} />;
    case 'download':
      return <DownloadDialog {...props} links={opened.links} />;
    case 'verify':
      return <VerifyDialog {...props} />;
    case 'cancel':
      return <CancelBackupDialog {...props} />;
  }
}

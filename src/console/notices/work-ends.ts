import type { BackupRecordFragment, RestoreRecordFragment } from '../gql/graphql';
import type { Notice } from './notices';

/** The notice of how a backup has ended; null while it goes on. */
export function toBackupEnd({ id, name, status, instanceName, failure }: BackupRecordFragment): Notice | null {
  switch (status) {
    case 'BUILDING':
    case 'DELETING':
      return null;
    case 'COMPLETED':
      return { id, type: 'success', header: `Backup ${name} of ${instanceName} is completed.` };
    case 'FAILED':
      return failure?.code === 'CANCELLED'
        ? { id, type: 'info', header: `Backup ${name} of ${instanceName} was cancelled.` }
        : toFailure(id, `Backup ${name} of ${instanceName} has failed.`, failure?.message);
  }
}

export function toRestoreEnd({
  id,
  backupName,
  targetInstanceName,
  status,
  failure,
}: RestoreRecordFragment): Notice | null {
  switch (status) {
    case 'RUNNING':
      return null;
    case 'COMPLETED':
      return { id, type: 'success', header: `Backup ${backupName} is restored to ${targetInstanceName}.` };
    case 'FAILED':
      return toFailure(id, `Restoring ${backupName} to ${targetInstanceName} has failed.`, failure?.message);
  }
}

export function toVerificationEnd({ id, name, verification }: BackupRecordFragment): Notice | null {
  const details = verification?.details ?? '';
  switch (verification?.status) {
    case undefined:
    case 'RUNNING':
      return null;
    case 'PASSED':
      return { id, type: 'success', header: `Backup ${name} is verified.`, content: details };
    case 'INCONCLUSIVE':
      return { id, type: 'warning', header: `Backup ${name} could not be verified.`, content: details };
    case 'FAILED':
      return toFailure(id, `Backup ${name} is not good.`, details);
  }
}

export function toDeletionEnd({ id, name }: { readonly id: string; readonly name: string }): Notice {
  return { id, type: 'success', header: `Backup ${name} is deleted.` };
}

function toFailure(id: string, header: string, content = ''): Notice {
  return { id, type: 'error', header, content };
}

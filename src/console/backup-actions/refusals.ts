import type { BackupRecordFragment } from '../gql/graphql';

/** Why something cannot be done with a backup now; undefined when it can, as far as the page knows. */
export type FindRefusal = (backup: BackupRecordFragment) => string | undefined;

/** What is done with the stored files takes a completed backup. */
export const findFilesRefusal: FindRefusal = ({ status }) => {
  switch (status) {
    case 'COMPLETED':
      return undefined;
    case 'BUILDING':
      return 'The backup is still being created.';
    case 'FAILED':
      return 'The backup has failed: nothing of it is stored.';
    case 'DELETING':
      return 'The backup is being deleted.';
  }
};

export const findRestoreRefusal: FindRefusal = (backup) => {
  const refusal = findFilesRefusal(backup);
  if (refusal !== undefined || backup.databases.some(({ system }) => !system)) return refusal;
  return 'The backup holds system parts alone, which are restored by hand: see "Restore by hand" in README.';
};

export const findVerifyRefusal: FindRefusal = (backup) =>
  findFilesRefusal(backup) ??
  (backup.verification?.status === 'RUNNING' ? 'The backup is being verified already.' : undefined);

export const findCancelRefusal: FindRefusal = ({ status }) =>
  status === 'BUILDING' ? undefined : 'Only a backup that is being created can be cancelled.';

export const findDeleteRefusal: FindRefusal = ({ status, type, instance, verification }) => {
  if (status === 'BUILDING') return 'The backup is still being created. Cancel it first.';
  if (status === 'DELETING') return 'The backup is being deleted already.';
  if (type === 'AUTOMATED' && instance !== null) {
    return 'The backup is an automated one: those go by the retention of their backup policy.';
  }
  return verification?.status === 'RUNNING'
    ? 'The backup is being verified. Try again once the verification has ended.'
    : undefined;
};

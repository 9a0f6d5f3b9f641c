import { INSTANCE_STATUSES, ROLES } from '../display/words';
import type { InstanceRecordFragment } from '../gql/graphql';

type Subject = Pick<InstanceRecordFragment, 'role' | 'status'>;

/** Why no backup of an instance can be created now, in the server's words; undefined when one can. */
export function findBackupRefusal({ role, status }: Subject): string | undefined {
  if (role !== 'PRIMARY') {
    return `A backup can only be created for a primary DB instance; this one is a ${ROLES[role].toLowerCase()}.`;
  }
  return status === 'AVAILABLE'
    ? undefined
    : `A backup can only be created for an available DB instance; this one is ${INSTANCE_STATUSES[status]}.`;
}

/** Why an instance cannot be edited or deleted now, in the server's words; undefined when it can. */
export function findChangeRefusal({ status }: Subject, wanted: 'changed' | 'deleted'): string | undefined {
  switch (status) {
    case 'AVAILABLE':
    case 'ABNORMAL':
      return undefined;
    case 'BACKING_UP':
      return `The instance cannot be ${wanted} while it is being backed up. Try again once the backup has ended, or cancel it.`;
    case 'RESTORING':
      return `The instance cannot be ${wanted} while it is ${INSTANCE_STATUSES[status]}. Try again once that has ended.`;
  }
}

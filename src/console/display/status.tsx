import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { ReactElement } from 'react';
import type { BackupStatus, InstanceStatus, RestoreStatus } from '../gql/graphql';
import { BACKUP_STATUSES, INSTANCE_STATUSES } from './words';

const INSTANCE_ICONS: Readonly<Record<InstanceStatus, StatusIndicatorProps.Type>> = {
  AVAILABLE: 'success',
  BACKING_UP: 'in-progress',
  RESTORING: 'in-progress',
  ABNORMAL: 'error',
};

const BACKUP_ICONS: Readonly<Record<BackupStatus, StatusIndicatorProps.Type>> = {
  BUILDING: 'in-progress',
  COMPLETED: 'success',
  FAILED: 'error',
  DELETING: 'in-progress',
};

const RESTORES: Readonly<Record<RestoreStatus, readonly [StatusIndicatorProps.Type, string]>> = {
  RUNNING: ['in-progress', 'Running'],
  COMPLETED: ['success', 'Completed'],
  FAILED: ['error', 'Failed'],
};

export function InstanceStatusIndicator({ status }: { readonly status: InstanceStatus }): ReactElement {
  return <StatusIndicator type={INSTANCE_ICONS[status]}>{INSTANCE_STATUSES[status]}</StatusIndicator>;
}

/** A backup that its own user has cancelled did not fail, as people see it. */
export function BackupStatusIndicator(props: {
  readonly status: BackupStatus;
  readonly failureCode?: string | undefined;
}): ReactElement {
  if (props.status === 'FAILED' && props.failureCode === 'CANCELLED') {
    return <StatusIndicator type="stopped">Cancelled</StatusIndicator>;
  }
  return <StatusIndicator type={BACKUP_ICONS[props.status]}>{BACKUP_STATUSES[props.status]}</StatusIndicator>;
}

export function RestoreStatusIndicator({ status }: { readonly status: RestoreStatus }): ReactElement {
  const [type, word] = RESTORES[status];
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}

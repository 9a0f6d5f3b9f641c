import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { StatusIndicatorProps } from '@cloudscape-design/components/status-indicator';
import type { ReactElement } from 'react';
import type { BackupStatus, InstanceStatus, RestoreStatus } from '../gql/graphql';
import { INSTANCE_STATUSES } from './words';

const INSTANCE_ICONS: Readonly<Record<InstanceStatus, StatusIndicatorProps.Type>> = {
  AVAILABLE: 'success',
  BACKING_UP: 'in-progress',
  RESTORING: 'in-progress',
  ABNORMAL: 'error',
};

const BACKUPS: Readonly<Record<BackupStatus, readonly [StatusIndicatorProps.Type, string]>> = {
  BUILDING: ['in-progress', 'Building'],
  COMPLETED: ['success', 'Completed'],
  FAILED: ['error', 'Failed'],
  DELETING: ['in-progress', 'Deleting'],
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
  const [type, word] = BACKUPS[props.status];
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}

export function RestoreStatusIndicator({ status }: { readonly status: RestoreStatus }): ReactElement {
  const [type, word] = RESTORES[status];
  return <StatusIndicator type={type}>{word}</StatusIndicator>;
}

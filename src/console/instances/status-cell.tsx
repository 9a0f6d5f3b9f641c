import Popover from '@cloudscape-design/components/popover';
import ProgressBar from '@cloudscape-design/components/progress-bar';
import type { ReactElement } from 'react';
import { InstanceStatusIndicator } from '../display/status';
import { INSTANCE_STATUSES, PHASES } from '../display/words';
import type { InstanceRecordFragment } from '../gql/graphql';

/** What an instance is doing, why, and how far it is. */
export function StatusCell({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  const { status, statusReason } = instance;
  const indicator = <InstanceStatusIndicator status={status} />;
  return (
    <>
      {statusReason === null ? (
        indicator
      ) : (
        <Popover
          header={INSTANCE_STATUSES[status]}
          content={statusReason}
          size="medium"
          renderWithPortal
          dismissAriaLabel="Close"
        >
          {indicator}
        </Popover>
      )}
      <Progress instance={instance} />
    </>
  );
}

function Progress({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement | null {
  const { name, activeBackup, activeRestore } = instance;
  const progress = (activeBackup ?? activeRestore)?.progress;
  if (progress == null) return null;
  const { percent, phase } = progress;
  if (percent === null || phase === 'QUEUED') return <div>{PHASES[phase]}</div>;
  return <ProgressBar ariaLabel={`${activeBackup === null ? 'Restoring to' : 'Backing up'} ${name}`} value={percent} />;
}

import type { ReactElement } from 'react';
import { FailureDetails } from '../display/failure-details';
import { BackupStatusIndicator } from '../display/status';
import { WorkProgress } from '../display/work-progress';
import type { BackupRecordFragment } from '../gql/graphql';

/** How a backup stands: how far it is, or why it has failed. */
export function StatusCell({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { name, status, progress, failure } = backup;
  if (status === 'BUILDING') return <WorkProgress label={`Creating ${name}`} progress={progress} />;
  const indicator = <BackupStatusIndicator status={status} failureCode={failure?.code} />;
  return failure === null ? indicator : <FailureDetails failure={failure}>{indicator}</FailureDetails>;
}

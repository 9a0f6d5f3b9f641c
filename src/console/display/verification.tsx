import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { VERIFICATION_LEVELS } from './words';

/** How a backup was last verified, in a word or two. */
export function VerificationIndicator({
  verification,
}: {
  readonly verification: BackupRecordFragment['verification'];
}): ReactElement {
  if (verification === null) return <>–</>;
  const level = VERIFICATION_LEVELS[verification.level];
  switch (verification.status) {
    case 'RUNNING':
      return <StatusIndicator type="in-progress">Verifying ({level})</StatusIndicator>;
    case 'PASSED':
      return <StatusIndicator type="success">{level}</StatusIndicator>;
    case 'INCONCLUSIVE':
      return <StatusIndicator type="warning">Not verified ({level})</StatusIndicator>;
    case 'FAILED':
      return <StatusIndicator type="error">Not good ({level})</StatusIndicator>;
  }
}

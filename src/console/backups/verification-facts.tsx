import Box from '@cloudscape-design/components/box';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { Timestamp } from '../display/timestamp';
import { VerificationIndicator } from '../display/verification';
import type { BackupRecordFragment } from '../gql/graphql';

interface VerificationFactsProps {
  readonly verification: NonNullable<BackupRecordFragment['verification']>;
  readonly verifiedAt: string | null;
}

/** How a backup was last verified, and what was found. */
export function VerificationFacts({ verification, verifiedAt }: VerificationFactsProps): ReactElement {
  return (
    <SpaceBetween size="s">
      <Header variant="h3">Verification</Header>
      <KeyValuePairs
        columns={3}
        ariaLabel="Verification"
        items={[
          { label: 'Result', value: <VerificationIndicator verification={verification} /> },
          { label: 'Ended', value: <Timestamp iso={verification.verifiedAt} /> },
          { label: 'Last found good', value: <Timestamp iso={verifiedAt} /> },
        ]}
      />
      {verification.details !== null && <Box>{verification.details}</Box>}
    </SpaceBetween>
  );
}

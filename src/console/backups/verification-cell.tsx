import Box from '@cloudscape-design/components/box';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { Timestamp } from '../display/timestamp';
import { VerificationIndicator } from '../display/verification';
import { VERIFICATION_LEVELS } from '../display/words';
import type { BackupRecordFragment } from '../gql/graphql';

/** How a backup was last verified; what was found on a click. */
export function VerificationCell({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { verification, verifiedAt } = backup;
  const indicator = <VerificationIndicator verification={verification} />;
  if (verification === null) return indicator;
  return (
    <Popover
      header={`Verification at level ${VERIFICATION_LEVELS[verification.level].toLowerCase()}`}
      size="large"
      renderWithPortal
      dismissAriaLabel="Close"
      content={
        <SpaceBetween size="s">
          <Box>{verification.details ?? 'It is going on.'}</Box>
          {verification.verifiedAt !== null && (
            <Box color="text-body-secondary" fontSize="body-s">
              Ended <Timestamp iso={verification.verifiedAt} />
            </Box>
          )}
          {verifiedAt !== verification.verifiedAt && verifiedAt !== null && (
            <Box color="text-body-secondary" fontSize="body-s">
              Last found good <Timestamp iso={verifiedAt} />
            </Box>
          )}
        </SpaceBetween>
      }
    >
      {indicator}
    </Popover>
  );
}

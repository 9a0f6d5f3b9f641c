import Box from '@cloudscape-design/components/box';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement, ReactNode } from 'react';
import { Timestamp } from './timestamp';

interface FailureDetailsProps {
  /** What is shown, and opens the details. */
  readonly children: ReactNode;
  readonly failure: { readonly code: string; readonly message: string; readonly occurredAt?: string | null };
}

/** Why something has failed, whole, and ready to be copied. */
export function FailureDetails({ children, failure }: FailureDetailsProps): ReactElement {
  const { code, message, occurredAt } = failure;
  return (
    <Popover
      triggerType="text"
      size="large"
      header={code}
      dismissAriaLabel="Close"
      content={
        <SpaceBetween size="s">
          <Box>{message}</Box>
          {occurredAt != null && (
            <Box color="text-body-secondary" fontSize="body-s">
              <Timestamp iso={occurredAt} />
            </Box>
          )}
          <CopyToClipboard
            copyButtonText="Copy details"
            copySuccessText="Details copied"
            copyErrorText="Details could not be copied"
            textToCopy={[code, occurredAt, message].filter((part) => part != null).join('\n')}
          />
        </SpaceBetween>
      }
    >
      {children}
    </Popover>
  );
}

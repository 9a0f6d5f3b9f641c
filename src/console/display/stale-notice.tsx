import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import type { ReactElement } from 'react';
import { toRefusal } from '../api/refusal';

interface StaleNoticeProps {
  /** What is shown as it was read before, as in "The instances". */
  readonly what: string;
  /** Why it could not be read again; undefined, and nothing is said, while it could. */
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** Above what is still shown, though it could not be read again. */
export function StaleNotice({ what, error, onRetry }: StaleNoticeProps): ReactElement | null {
  if (error === undefined) return null;
  return (
    <Box margin={{ bottom: 's' }}>
      <Alert
        type="warning"
        action={
          <Button iconName="refresh" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {what} could not be refreshed. {toRefusal(error).message}
      </Alert>
    </Box>
  );
}

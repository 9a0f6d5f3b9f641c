import Alert from '@cloudscape-design/components/alert';
import Button from '@cloudscape-design/components/button';
import type { ReactElement } from 'react';
import { toRefusal } from '../api/refusal';

interface QueryFailureProps {
  /** What could not be read, as in "The instances". */
  readonly what: string;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** In place of what could not be read. */
export function QueryFailure({ what, error, onRetry }: QueryFailureProps): ReactElement {
  const { code, message } = toRefusal(error);
  return (
    <Alert
      type="error"
      header={`${what} could not be read`}
      action={
        <Button iconName="refresh" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {message} ({code})
    </Alert>
  );
}

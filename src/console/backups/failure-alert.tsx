import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import CopyToClipboard from '@cloudscape-design/components/copy-to-clipboard';
import type { ReactElement } from 'react';
import { Timestamp } from '../display/timestamp';
import type { BackupRecordFragment } from '../gql/graphql';

interface FailureAlertProps {
  readonly failure: NonNullable<BackupRecordFragment['failure']>;
}

/** Why a backup has failed, in the server's words, ready to be copied. */
export function FailureAlert({ failure }: FailureAlertProps): ReactElement {
  const { code, message, occurredAt } = failure;
  return (
    <Alert
      type={code === 'CANCELLED' ? 'info' : 'error'}
      header={code}
      action={
        <CopyToClipboard
          copyButtonText="Copy details"
          copySuccessText="Details copied"
          copyErrorText="Details could not be copied"
          textToCopy={[code, occurredAt, message].join('\n')}
        />
      }
    >
      <Box>{message}</Box>
      <Box color="text-body-secondary" fontSize="body-s">
        <Timestamp iso={occurredAt} />
      </Box>
    </Alert>
  );
}

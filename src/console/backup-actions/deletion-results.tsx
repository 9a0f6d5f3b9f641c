import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import type { BackupRecordFragment } from '../gql/graphql';
import { BackupList } from './backup-list';

export interface RefusedDeletion {
  readonly backup: BackupRecordFragment;
  readonly code: string;
  readonly message: string;
}

interface DeletionResultsProps {
  readonly acceptedCount: number;
  readonly refused: readonly RefusedDeletion[];
  readonly onDismiss: () => void;
}

/** Which backups the server has refused to delete, to be read in peace. */
export function DeletionResults({ acceptedCount, refused, onDismiss }: DeletionResultsProps): ReactElement {
  return (
    <Modal
      visible
      header="Not all was deleted"
      closeAriaLabel="Close"
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onDismiss}>
            Close
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <Alert type="error" header={`${formatCount(refused.length, 'backup')} could not be deleted`}>
          {acceptedCount === 0 ? 'Nothing was changed.' : toAccepted(acceptedCount)}
        </Alert>
        <BackupList
          label="Not deleted"
          backups={refused.map(({ backup, code, message }) => ({ backup, reason: `${message} (${code})` }))}
        />
      </SpaceBetween>
    </Modal>
  );
}

function toAccepted(count: number): string {
  return count === 1 ? 'The other one is being deleted.' : `The other ${count.toString()} are being deleted.`;
}

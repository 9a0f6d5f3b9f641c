import { useQuery } from '@apollo/client/react';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import Spinner from '@cloudscape-design/components/spinner';
import type { ReactElement } from 'react';
import { QueryFailure } from '../display/query-failure';
import { WorkProgress } from '../display/work-progress';
import type { BackupRecordFragment } from '../gql/graphql';
import { BackupFacts } from './backup-facts';
import { BackupMenu } from './backup-menu';
import { DatabaseTable } from './database-table';
import { FailureAlert } from './failure-alert';
import { BACKUP_DETAILS } from './operations';
import { VerificationFacts } from './verification-facts';

interface BackupDetailsProps {
  /** Of a backup that may be gone. */
  readonly id: string;
  readonly onDismiss: () => void;
}

/** All that is known of one backup. */
export function BackupDetails({ id, onDismiss }: BackupDetailsProps): ReactElement {
  const { data, error, loading, refetch } = useQuery(BACKUP_DETAILS, {
    variables: { id },
    notifyOnNetworkStatusChange: true,
  });
  const backup = data?.backup;
  return (
    <Modal
      visible
      size={backup == null ? 'medium' : 'max'}
      header={backup == null ? 'Backup' : `Backup ${backup.name}`}
      closeAriaLabel="Close"
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            {backup != null && <BackupMenu backup={backup} />}
            <Button variant="primary" onClick={onDismiss}>
              Close
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {backup != null ? (
        <Details backup={backup} />
      ) : data !== undefined ? (
        <Gone id={id} />
      ) : error !== undefined && !loading ? (
        <QueryFailure what="The backup" error={error} onRetry={() => void refetch().catch(() => undefined)} />
      ) : (
        <Spinner />
      )}
    </Modal>
  );
}

function Gone({ id }: { readonly id: string }): ReactElement {
  return (
    <SpaceBetween size="xs">
      <Box variant="strong">There is no such backup</Box>
      <Box>
        The backup with the ID <Box variant="code">{id}</Box> was deleted, or it never was on this server.
      </Box>
    </SpaceBetween>
  );
}

function Details({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { name, status, progress, failure, verification, verifiedAt, databases } = backup;
  return (
    <SpaceBetween size="l">
      {status === 'BUILDING' && <WorkProgress label={`Creating ${name}`} progress={progress} />}
      {failure !== null && <FailureAlert failure={failure} />}
      <BackupFacts backup={backup} />
      {verification !== null && <VerificationFacts verification={verification} verifiedAt={verifiedAt} />}
      <DatabaseTable databases={databases} isBuilding={status === 'BUILDING'} />
    </SpaceBetween>
  );
}

import { useApolloClient } from '@apollo/client/react';
import Alert from '@cloudscape-design/components/alert';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { Suspense, use, useState } from 'react';
import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { askForLinks } from './file-links';
import type { FileLinks } from './file-links';
import { FileTable } from './file-table';
import { findFilesRefusal } from './refusals';

interface DownloadDialogProps {
  readonly backup: BackupRecordFragment;
  /** Asked for by the click that has opened the dialog. */
  readonly links: Promise<FileLinks>;
  readonly onDismiss: () => void;
}

/** The files of a backup, each with a link that is good for a while. */
export function DownloadDialog({ backup, links: firstLinks, onDismiss }: DownloadDialogProps): ReactElement {
  const client = useApolloClient();
  const [links, setLinks] = useState(firstLinks);
  const lateRefusal = findFilesRefusal(backup);
  const askAgain = (): void => {
    setLinks(askForLinks(client, backup.id));
  };
  return (
    <Modal
      visible
      size="large"
      header={`Download ${backup.name}`}
      closeAriaLabel="Close"
      onDismiss={onDismiss}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button iconName="refresh" disabled={lateRefusal !== undefined} onClick={askAgain}>
              Get New Links
            </Button>
            <Button variant="primary" onClick={onDismiss}>
              Close
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {lateRefusal === undefined ? (
        <Suspense fallback={<StatusIndicator type="loading">Asking for links</StatusIndicator>}>
          <Files links={links} />
        </Suspense>
      ) : (
        <Alert type="warning">{lateRefusal}</Alert>
      )}
    </Modal>
  );
}

function Files({ links }: { readonly links: Promise<FileLinks> }): ReactElement {
  const { files, refusal } = use(links);
  if (refusal !== null) {
    return (
      <Alert type="error" header={refusal.code}>
        {refusal.message}
      </Alert>
    );
  }
  if (files.length === 0) {
    return <Alert type="warning">The backup has no files any more: it was deleted, or is being deleted.</Alert>;
  }
  return <FileTable files={files} />;
}

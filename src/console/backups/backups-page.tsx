import { useState } from 'react';
import type { ReactElement } from 'react';
import { CreateBackupDialog } from '../create-backup/create-backup-dialog';
import { PageFrame } from '../shell/page-frame';
import { useScope } from '../shell/scope';
import { BackupTable } from './backup-table';

const TITLE = 'Backup Management';

/** Backup Management: all backups of the region and the project, and the third way to create one. */
export function BackupsPage(): ReactElement {
  const scope = useScope();
  const [isCreating, setCreating] = useState(false);
  return (
    <PageFrame title={TITLE} contentType="table">
      <BackupTable
        table="backups"
        filter={{ ...scope }}
        isOfOneInstance={false}
        title={TITLE}
        onCreate={() => {
          setCreating(true);
        }}
      />
      {isCreating && (
        <CreateBackupDialog
          instance={null}
          onDismiss={() => {
            setCreating(false);
          }}
        />
      )}
    </PageFrame>
  );
}

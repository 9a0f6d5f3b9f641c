import { useState } from 'react';
import type { ReactElement } from 'react';
import { CreateBackupDialog } from '../create-backup/create-backup-dialog';
import type { InstanceRecordFragment } from '../gql/graphql';
import { PageFrame } from '../shell/page-frame';
import { DeleteInstanceDialog } from './delete-instance-dialog';
import { EditInstanceDialog } from './edit-instance-dialog';
import type { InstanceAction } from './instance-menu';
import { InstanceTable } from './instance-table';
import { RegisterInstanceDialog } from './register-instance-dialog';

type OpenDialog =
  { readonly action: 'register' } | { readonly action: InstanceAction; readonly instance: InstanceRecordFragment };

/** Instance Management: what is registered in the region and the project, and what can be done with it. */
export function InstancesPage(): ReactElement {
  const [open, setOpen] = useState<OpenDialog | null>(null);
  const dismiss = (): void => {
    setOpen(null);
  };
  return (
    <PageFrame title="Instance Management" contentType="table">
      <InstanceTable
        onRegister={() => {
          setOpen({ action: 'register' });
        }}
        onChoose={(action, instance) => {
          setOpen({ action, instance });
        }}
      />
      {open !== null && toDialog(open, dismiss)}
    </PageFrame>
  );
}

function toDialog(open: OpenDialog, onDismiss: () => void): ReactElement {
  switch (open.action) {
    case 'register':
      return <RegisterInstanceDialog onDismiss={onDismiss} />;
    case 'create-backup':
      return <CreateBackupDialog instance={open.instance} onDismiss={onDismiss} />;
    case 'edit':
      return <EditInstanceDialog instance={open.instance} onDismiss={onDismiss} />;
    case 'delete':
      return <DeleteInstanceDialog instance={open.instance} onDismiss={onDismiss} />;
  }
}

import Link from '@cloudscape-design/components/link';
import type { ReactElement, ReactNode } from 'react';
import { useOpenedBackup } from './use-opened-backup';

/** Opens the details of a backup over the list. */
export function BackupLink({ id, children }: { readonly id: string; readonly children: ReactNode }): ReactElement {
  const { toHref, open } = useOpenedBackup();
  return (
    <Link
      href={toHref(id)}
      onFollow={(event) => {
        event.preventDefault();
        open(id);
      }}
    >
      {children}
    </Link>
  );
}

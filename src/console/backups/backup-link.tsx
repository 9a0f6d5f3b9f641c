import Link from '@cloudscape-design/components/link';
import type { ReactElement, ReactNode } from 'react';
import { toScopedPath } from '../shell/scope';
import type { Scope } from '../shell/scope';
import { useTableCommands } from './table-commands';

interface BackupLinkProps {
  readonly backup: Scope & { readonly id: string };
  readonly children: ReactNode;
}

/** Opens the details of a backup over the list; in a window of its own, over Backup Management. */
export function BackupLink({ backup, children }: BackupLinkProps): ReactElement {
  const { id, region, project } = backup;
  const { openDetails } = useTableCommands();
  return (
    <Link
      href={toScopedPath('/backups', { region, project }, { backup: id })}
      onFollow={(event) => {
        event.preventDefault();
        openDetails(id);
      }}
    >
      {children}
    </Link>
  );
}

import type { ReactElement } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { ScopedLink } from '../shell/scoped-link';

/** What a backup was taken of; a link to it while it is there. */
export function InstanceName({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { instance, instanceName } = backup;
  if (instance === null) return <>{instanceName} (deleted)</>;
  return <ScopedLink to={`/instances/${instance.id}`}>{instance.name}</ScopedLink>;
}

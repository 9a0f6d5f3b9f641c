import Badge from '@cloudscape-design/components/badge';
import List from '@cloudscape-design/components/list';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { byUserAndName } from '../display/database-order';
import { formatBytes, formatCount } from '../display/format';
import type { BackupRecordFragment } from '../gql/graphql';
import { BackupLink } from './backup-link';

/** More names than these are read in the details of the backup. */
const MAX_NAMES = 20;

/** How many databases a backup holds; their names and sizes on a click. */
export function DatabasesCell({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { name, databases } = backup;
  // They become known soon after the work begins.
  if (databases.length === 0) return <>–</>;
  const header = `Databases in ${name}`;
  const left = databases.length - MAX_NAMES;
  return (
    <Popover
      header={header}
      size="large"
      renderWithPortal
      wrapTriggerText={false}
      triggerAriaLabel={`${formatCount(databases.length, 'database')} in ${name}`}
      dismissAriaLabel="Close"
      content={
        <SpaceBetween size="s">
          <List
            ariaLabel={header}
            disablePaddings
            items={[...databases].sort(byUserAndName).slice(0, MAX_NAMES)}
            renderItem={(database) => ({
              id: database.name,
              content: database.name,
              ...(database.originalBytes === null ? {} : { secondaryContent: formatBytes(database.originalBytes) }),
              ...(database.system ? { actions: <Badge>System</Badge> } : {}),
            })}
          />
          {left > 0 && <BackupLink backup={backup}>{formatCount(left, 'more database')}</BackupLink>}
        </SpaceBetween>
      }
    >
      {databases.length.toLocaleString('en')}
    </Popover>
  );
}

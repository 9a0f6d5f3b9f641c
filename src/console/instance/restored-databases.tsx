import List from '@cloudscape-design/components/list';
import Popover from '@cloudscape-design/components/popover';
import type { ReactElement } from 'react';
import type { RestoreRecordFragment } from '../gql/graphql';

type Restored = RestoreRecordFragment['databases'][number];

/** More than these are shown on a click. */
const MAX_LINES = 3;

/** Which databases were restored, and under which names. */
export function RestoredDatabases({ restore }: { readonly restore: RestoreRecordFragment }): ReactElement {
  const { backupName, databases } = restore;
  const left = databases.length - MAX_LINES;
  const header = `Databases restored of ${backupName}`;
  return (
    <>
      {databases.slice(0, MAX_LINES).map((database) => (
        <div key={database.restoreAs}>{toLine(database)}</div>
      ))}
      {left > 0 && (
        <Popover
          header={header}
          size="large"
          renderWithPortal
          dismissAriaLabel="Close"
          content={
            <List
              ariaLabel={header}
              disablePaddings
              items={databases}
              renderItem={(database) => ({ id: database.restoreAs, content: toLine(database) })}
            />
          }
        >
          {`and ${left.toLocaleString('en')} more`}
        </Popover>
      )}
    </>
  );
}

/** As "shop → shop_copy". */
function toLine({ name, restoreAs }: Restored): string {
  return name === restoreAs ? name : `${name} → ${restoreAs}`;
}

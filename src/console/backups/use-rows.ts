import { useDeferredValue, useMemo } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';

/** A row is no lower than this. */
const ROW_HEIGHT_PX = 50;

/**
 * The rows to show. They are dear to render, so of a new page only those that fit in the window are shown at once; the
 * others, as live changes, when the browser has time. What the user does meanwhile does not wait for them.
 * @param page what the backups are a page of
 */
export function useRows(page: string, backups: readonly BackupRecordFragment[]): readonly BackupRecordFragment[] {
  const current = useMemo(() => ({ page, backups, first: findFirst(backups) }), [page, backups]);
  const known = useDeferredValue(current);
  // From nothing, or to nothing, is no change of rows: what stands in their place would be there beside its time.
  const isChange = known.page === page && known.backups.length > 0 && backups.length > 0;
  return isChange ? known.backups : current.first;
}

function findFirst(backups: readonly BackupRecordFragment[]): readonly BackupRecordFragment[] {
  const count = Math.ceil(window.innerHeight / ROW_HEIGHT_PX);
  return count < backups.length ? backups.slice(0, count) : backups;
}

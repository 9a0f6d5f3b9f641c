import { useMemo, useState } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';

const NONE: ReadonlySet<string> = new Set();

interface Selection {
  readonly ids: ReadonlySet<string>;
  readonly backups: readonly BackupRecordFragment[];
  readonly select: (backups: readonly BackupRecordFragment[]) => void;
}

/** What is selected of a page: it ends with the page, and for a backup that has gone. */
export function useSelection(page: string, backups: readonly BackupRecordFragment[]): Selection {
  const [selection, setSelection] = useState({ page, ids: NONE });
  const ids = selection.page === page ? selection.ids : NONE;
  return {
    ids,
    backups: useMemo(() => backups.filter(({ id }) => ids.has(id)), [backups, ids]),
    select: (chosen) => {
      setSelection({ page, ids: new Set(chosen.map(({ id }) => id)) });
    },
  };
}

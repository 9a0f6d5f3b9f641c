import { useQuery } from '@apollo/client/react';
import type { PaginationProps } from '@cloudscape-design/components/pagination';
import { useState } from 'react';
import type { BackupFilter, BackupOrder, BackupRecordFragment } from '../gql/graphql';
import { usePages } from '../tables/use-pages';
import { BACKUP_LIST } from './operations';

interface BackupListQuery {
  readonly filter: BackupFilter;
  readonly order: BackupOrder;
  readonly pageSize: number;
}

interface BackupList {
  /** Empty until there is something to show. */
  readonly backups: readonly BackupRecordFragment[];
  /** What they are a page of: while it is the same, another list of backups is a change of this one. */
  readonly page: string;
  /** How many match in all; undefined until there is something to show. */
  readonly totalCount: number | undefined;
  /** Whether this is what is asked for now; what was asked before is shown until its answer comes. */
  readonly isCurrent: boolean;
  readonly isLoading: boolean;
  /** Why nothing can be shown; null when something is, or may soon be. */
  readonly failure: unknown;
  /** Why what is shown could not be read again; undefined while it could. */
  readonly staleReason: unknown;
  readonly pagination: PaginationProps;
  readonly isFirstPage: boolean;
  readonly toFirstPage: () => void;
  readonly reload: () => void;
}

const NONE: readonly BackupRecordFragment[] = [];

/** One page of backups, as the server has it. */
export function useBackupList({ filter, order, pageSize }: BackupListQuery): BackupList {
  const pages = usePages({ filter, order, pageSize });
  const variables = { first: pageSize, after: pages.after, filter, orderBy: order };
  const { data, previousData, error, loading, refetch } = useQuery(BACKUP_LIST, {
    variables,
    notifyOnNetworkStatusChange: true,
  });
  const isFailed = data === undefined && error !== undefined && !loading;
  const shown = isFailed ? undefined : (data ?? previousData)?.backups;

  const asked = JSON.stringify(variables);
  const [page, setPage] = useState(asked);
  if (data !== undefined && page !== asked) setPage(asked);
  return {
    backups: shown?.nodes ?? NONE,
    page,
    totalCount: shown?.totalCount,
    isCurrent: data !== undefined,
    isLoading: shown === undefined && !isFailed,
    failure: isFailed ? error : null,
    staleReason: data === undefined ? undefined : error,
    pagination: pages.toPagination(data?.backups.pageInfo),
    isFirstPage: pages.after === null,
    toFirstPage: pages.toFirst,
    reload: () => void refetch().catch(() => undefined),
  };
}

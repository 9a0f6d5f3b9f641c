import type { PaginationProps } from '@cloudscape-design/components/pagination';
import { useState } from 'react';

interface PageInfo {
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

interface Pages {
  /** Cursor to pass as `after`; null for the first page. */
  readonly after: string | null;
  /** What Cloudscape's Pagination needs, once the page is there. */
  readonly toPagination: (pageInfo: PageInfo | undefined) => PaginationProps;
  /** Back to the first page, as when there is nothing left on this one. */
  readonly toFirst: () => void;
}

const FIRST: readonly (string | null)[] = [null];

/**
 * Pages of a connection, which knows no page but the next: the cursors of the pages seen so far are kept.
 * @param query what the pages are of; when it changes, the first page is shown
 */
export function usePages(query: unknown): Pages {
  const key = JSON.stringify(query);
  const [state, setState] = useState({ key, cursors: FIRST, index: 0 });
  const { cursors, index } = state.key === key ? state : { cursors: FIRST, index: 0 };
  const toPagination = (
    { endCursor, hasNextPage }: PageInfo = { endCursor: null, hasNextPage: false },
  ): PaginationProps => ({
    currentPageIndex: index + 1,
    pagesCount: cursors.length,
    openEnd: index < cursors.length - 1 || hasNextPage,
    onChange: ({ detail }) => {
      const next = detail.currentPageIndex - 1;
      const known = next < cursors.length ? cursors : [...cursors, endCursor];
      setState({ key, cursors: known, index: Math.min(next, known.length - 1) });
    },
  });
  const toFirst = (): void => {
    setState({ key, cursors: FIRST, index: 0 });
  };
  return { after: cursors[index] ?? null, toPagination, toFirst };
}

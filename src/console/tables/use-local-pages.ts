import type { PaginationProps } from '@cloudscape-design/components/pagination';
import { useState } from 'react';

interface LocalPages<T> {
  /** Of the page that is shown. */
  readonly items: readonly T[];
  /** Null when one page holds all. */
  readonly pagination: PaginationProps | null;
}

/** Pages of what the browser has already: nobody needs a thousand rows at once. */
export function useLocalPages<T>(all: readonly T[], pageSize = 10): LocalPages<T> {
  const [wanted, setWanted] = useState(1);
  const pagesCount = Math.max(1, Math.ceil(all.length / pageSize));
  const currentPageIndex = Math.min(wanted, pagesCount);
  const items = all.slice((currentPageIndex - 1) * pageSize, currentPageIndex * pageSize);
  if (pagesCount === 1) return { items, pagination: null };
  const onChange: NonNullable<PaginationProps['onChange']> = ({ detail }) => {
    setWanted(detail.currentPageIndex);
  };
  return { items, pagination: { currentPageIndex, pagesCount, onChange } };
}

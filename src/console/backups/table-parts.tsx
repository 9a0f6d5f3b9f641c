import { createContext, useContext } from 'react';
import type { ReactElement } from 'react';

/** What the table has around its rows. */
interface Parts {
  readonly header: ReactElement;
  readonly filter: ReactElement;
  readonly pagination: ReactElement;
  readonly preferences: ReactElement;
  /** In place of rows. */
  readonly empty: ReactElement;
}

const Context = createContext<Parts | null>(null);

export const TablePartsProvider = Context.Provider;

function Part({ name }: { readonly name: keyof Parts }): ReactElement | null {
  return useContext(Context)?.[name] ?? null;
}

/** Where the table puts the parts. They reach their places past it: it does not render its rows again with them. */
export const TABLE_PARTS: Parts = {
  header: <Part name="header" />,
  filter: <Part name="filter" />,
  pagination: <Part name="pagination" />,
  preferences: <Part name="preferences" />,
  empty: <Part name="empty" />,
};

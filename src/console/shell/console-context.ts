import { createContext, useContext } from 'react';
import type { Connection } from '../api/connection';
import type { Notices } from '../notices/notices';
import type { StartedWork } from '../notices/started-work';

/** What the whole page shares, built once in main.tsx. */
export interface ConsoleContext {
  readonly connection: Connection;
  readonly notices: Notices;
  readonly startedWork: StartedWork;
}

const Context = createContext<ConsoleContext | null>(null);

export const ConsoleProvider = Context.Provider;

export function useConsole(): ConsoleContext {
  const context = useContext(Context);
  if (context === null) throw new Error('useConsole is called outside ConsoleProvider');
  return context;
}

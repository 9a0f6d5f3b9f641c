import { useSearchParams } from 'react-router';

/** The region and the project whose instances and backups are shown. They are in the URL of every page. */
export interface Scope {
  readonly region: string;
  readonly project: string;
}

/** Those of the URL; null where it names none. */
export function useUrlScope(): { readonly [K in keyof Scope]: string | null } {
  const [parameters] = useSearchParams();
  return { region: parameters.get('region'), project: parameters.get('project') };
}

/** For pages, which are shown only once the URL names both. */
export function useScope(): Scope {
  const { region, project } = useUrlScope();
  if (region === null || project === null) throw new Error('the URL names no region or no project');
  return { region, project };
}

/** Adds the scope to a path of the console. @param more other search parameters */
export function toScopedPath(path: string, scope: Scope, more: Readonly<Record<string, string>> = {}): string {
  return `${path}?${new URLSearchParams({ ...scope, ...more }).toString()}`;
}

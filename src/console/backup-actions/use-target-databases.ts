import { skipToken, useQuery } from '@apollo/client/react';
import { INSTANCE_DATABASES } from '../instances/instance-databases';

/** Which databases the target has now. */
export type TargetDatabases =
  | { readonly state: 'none' | 'asking' }
  | { readonly state: 'known'; readonly names: ReadonlySet<string> }
  | { readonly state: 'unknown'; readonly error: unknown };

/** Asks the target for its databases. @param targetId null while none is chosen */
export function useTargetDatabases(targetId: string | null): readonly [TargetDatabases, askAgain: () => void] {
  const { data, error, loading, refetch } = useQuery(
    INSTANCE_DATABASES,
    targetId === null ? skipToken : { variables: { id: targetId }, fetchPolicy: 'network-only' },
  );
  const askAgain = (): void => {
    void refetch().catch(() => undefined);
  };
  if (targetId === null) return [{ state: 'none' }, askAgain];
  if (loading) return [{ state: 'asking' }, askAgain];
  if (data?.instance == null) return [{ state: 'unknown', error }, askAgain];
  return [{ state: 'known', names: new Set(data.instance.databases.map(({ name }) => name)) }, askAgain];
}

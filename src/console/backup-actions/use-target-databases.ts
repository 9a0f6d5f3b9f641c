import { skipToken, useQuery } from '@apollo/client/react';
import { INSTANCE_DATABASES } from '../instances/instance-databases';

/** Which databases the target has now. */
export type TargetDatabases =
  | { readonly state: 'none' | 'asking' }
  | { readonly state: 'known'; readonly names: ReadonlySet<string> }
  | { readonly state: 'unknown'; readonly error: unknown };

type AskAgain = () => Promise<ReadonlySet<string> | null>;

/**
 * Asks the target for its databases. `askAgain` gives the names, and null when the target cannot be asked.
 * @param targetId null while none is chosen
 */
export function useTargetDatabases(targetId: string | null): readonly [TargetDatabases, askAgain: AskAgain] {
  const { data, error, loading, refetch } = useQuery(
    INSTANCE_DATABASES,
    targetId === null ? skipToken : { variables: { id: targetId }, fetchPolicy: 'network-only' },
  );
  const askAgain: AskAgain = () =>
    refetch().then(
      (answer) => toNames(answer.data?.instance?.databases ?? []),
      () => null,
    );
  if (targetId === null) return [{ state: 'none' }, askAgain];
  if (loading) return [{ state: 'asking' }, askAgain];
  // Apollo keeps what it knew beside the error; that is no answer.
  if (error !== undefined || data?.instance == null) return [{ state: 'unknown', error }, askAgain];
  return [{ state: 'known', names: toNames(data.instance.databases) }, askAgain];
}

function toNames(databases: readonly { readonly name: string }[]): ReadonlySet<string> {
  return new Set(databases.map(({ name }) => name));
}

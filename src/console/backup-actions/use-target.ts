import { useQuery } from '@apollo/client/react';
import { useState } from 'react';
import type { BackupRecordFragment, InstanceRecordFragment } from '../gql/graphql';
import { RESTORE_TARGET } from './operations';
import { findTargetRefusal } from './target-fit';

interface UsedTarget {
  /** As it is now; null while there is none. */
  readonly target: InstanceRecordFragment | null;
  /** Why the backup's own instance is not the target from the start; undefined when it is. */
  readonly ownRefusal: string | undefined;
  readonly setTargetId: (id: string) => void;
}

/** The instance to restore to: the backup's own when that is possible, until another one is chosen. */
export function useTarget(backup: BackupRecordFragment): UsedTarget {
  const [chosenId, setChosenId] = useState<string | null>(null);
  const { data } = useQuery(RESTORE_TARGET, { variables: { id: chosenId ?? backup.instanceId } });
  const instance = data?.instance ?? null;
  if (chosenId !== null || data === undefined) {
    return { target: instance, ownRefusal: undefined, setTargetId: setChosenId };
  }
  const ownRefusal = toOwnRefusal(backup, instance);
  return { target: ownRefusal === undefined ? instance : null, ownRefusal, setTargetId: setChosenId };
}

function toOwnRefusal(backup: BackupRecordFragment, own: InstanceRecordFragment | null): string | undefined {
  if (own === null)
    return `${backup.instanceName}, of which it was taken, is registered no more: choose another instance.`;
  const refusal = findTargetRefusal(backup, own);
  return refusal === undefined ? undefined : `${own.name}, of which it was taken, cannot be chosen now. ${refusal}.`;
}

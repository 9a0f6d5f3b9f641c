import { useState } from 'react';
import type { BackupRecordFragment } from '../gql/graphql';
import { suggestOtherName, toRestoredDatabases } from './restored-databases';
import type { RestoreChoice, RestoredDatabase } from './restored-databases';

interface UsedRestoreChoice {
  /** All user databases of the backup. */
  readonly databases: readonly RestoredDatabase[];
  /** Those that are to be restored. */
  readonly chosen: readonly RestoredDatabase[];
  readonly choose: (names: ReadonlySet<string>) => void;
  readonly rename: (name: string, restoreAs: string) => void;
  /** Gives new names to those that the target has. */
  readonly evade: (present: ReadonlySet<string>) => void;
}

/** Which databases are restored, and under which names: all under their own, until the user changes that. */
export function useRestoreChoice(backup: BackupRecordFragment): UsedRestoreChoice {
  const [choice, setChoice] = useState<RestoreChoice>({ leftOut: new Set(), otherNames: new Map() });
  const databases = toRestoredDatabases(backup.databases, choice);
  const chosen = databases.filter(({ isChosen }) => isChosen);
  return {
    databases,
    chosen,
    choose: (names) => {
      const leftOut = new Set(databases.map(({ name }) => name).filter((name) => !names.has(name)));
      setChoice({ ...choice, leftOut });
    },
    rename: (name, restoreAs) => {
      setChoice({ ...choice, otherNames: new Map(choice.otherNames).set(name, restoreAs) });
    },
    evade: (present) => {
      const taken = new Set([...present, ...chosen.map(({ restoreAs }) => restoreAs)]);
      const otherNames = new Map(choice.otherNames);
      for (const { name, restoreAs } of chosen) {
        if (!present.has(restoreAs)) continue;
        const suggested = suggestOtherName(restoreAs, backup.engine, taken);
        taken.add(suggested);
        otherNames.set(name, suggested);
      }
      setChoice({ ...choice, otherNames });
    },
  };
}

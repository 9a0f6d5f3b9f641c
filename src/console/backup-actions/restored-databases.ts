import type { BackupRecordFragment, Engine } from '../gql/graphql';

/** What the user wants of the databases of a backup. */
export interface RestoreChoice {
  /** Databases that are not restored. */
  readonly leftOut: ReadonlySet<string>;
  /** Names on the target, of the databases that are to have another there. */
  readonly otherNames: ReadonlyMap<string, string>;
}

/** A database of a backup, and what is to become of it. */
export interface RestoredDatabase {
  readonly name: string;
  readonly originalBytes: number | null;
  readonly isChosen: boolean;
  readonly restoreAs: string;
  /** What is wrong with `restoreAs`; undefined when nothing is, or when it is not restored. */
  readonly fault: string | undefined;
}

export function toRestoredDatabases(
  databases: BackupRecordFragment['databases'],
  { leftOut, otherNames }: RestoreChoice,
): readonly RestoredDatabase[] {
  const wanted = databases
    .filter(({ system }) => !system)
    .map(({ name, originalBytes }) => ({
      name,
      originalBytes,
      isChosen: !leftOut.has(name),
      restoreAs: otherNames.get(name) ?? name,
    }));
  const counts = new Map<string, number>();
  for (const { isChosen, restoreAs } of wanted) {
    if (isChosen) counts.set(restoreAs, (counts.get(restoreAs) ?? 0) + 1);
  }
  return wanted.map((database) => ({
    ...database,
    fault: database.isChosen ? findNameFault(database.restoreAs, counts) : undefined,
  }));
}

/** What the engine has against a name only the server knows. */
function findNameFault(restoreAs: string, counts: ReadonlyMap<string, number>): string | undefined {
  if (restoreAs === '') return 'Enter the name that the database is to have.';
  return (counts.get(restoreAs) ?? 0) > 1 ? 'Two databases cannot be restored under the same name.' : undefined;
}

/** Another name for a database: "orders_restored", or of a SQLite file "orders_restored.db". @param taken names that it cannot have */
export function suggestOtherName(name: string, engine: Engine, taken: ReadonlySet<string>): string {
  const dot = engine === 'SQLITE' ? name.lastIndexOf('.') : -1;
  const [stem, suffix] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
  for (let count = 1; ; count += 1) {
    const suggested = `${stem}_restored${count === 1 ? '' : `_${count.toString()}`}${suffix}`;
    if (!taken.has(suggested)) return suggested;
  }
}

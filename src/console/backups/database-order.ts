interface Database {
  readonly name: string;
  readonly system: boolean;
}

/** Those of users first: they are what a backup is taken for. */
export function byUserAndName(one: Database, other: Database): number {
  return Number(one.system) - Number(other.system) || one.name.localeCompare(other.name);
}

interface Database {
  readonly name: string;
  readonly system: boolean;
}

/** shop-2 before shop-10. */
const BY_NAME = new Intl.Collator('en', { numeric: true });

/** Those of users first: they are what a backup is taken for. */
export function byUserAndName(one: Database, other: Database): number {
  return Number(one.system) - Number(other.system) || BY_NAME.compare(one.name, other.name);
}

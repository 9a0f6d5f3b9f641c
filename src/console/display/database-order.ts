interface Database {
  readonly name: string;
  readonly system: boolean;
}

/** shop-2 before shop-10. */
const NAMES = new Intl.Collator('en', { numeric: true });

export function byName(one: Pick<Database, 'name'>, other: Pick<Database, 'name'>): number {
  return NAMES.compare(one.name, other.name);
}

/** Those of users first: they are what a backup is taken for. */
export function byUserAndName(one: Database, other: Database): number {
  return Number(one.system) - Number(other.system) || byName(one, other);
}

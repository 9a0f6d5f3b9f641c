/** What a restore puts beside the databases of an instance until it has its own name, and what it puts aside. */
const STAGED = 'rds_restore_';
const REPLACED = 'rds_replaced_';
const PATTERN = new RegExp(`^(${STAGED}|${REPLACED})[0-9a-f]{24}$`);

/** Name of the database into which a dump is loaded. Every product takes it, unquoted or quoted. */
export function toStagedName(stagingId: string): string {
  return `${STAGED}${stagingId}`;
}

/** Name of what had the restored database's name, until it is removed. */
export function toReplacedName(stagingId: string): string {
  return `${REPLACED}${stagingId}`;
}

/** Whether it is one of ours: then it is nobody's data, is not listed, and not backed up. */
export function isRestoreName(name: string): boolean {
  return PATTERN.test(name);
}

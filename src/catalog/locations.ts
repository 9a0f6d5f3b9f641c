import type { Location } from '../domain/location.js';

/** Where there is something to look at. */
export interface LocationReader {
  /**
   * Each pair of region and project that holds an instance or a backup, also of an instance that is gone; by region, then
   * project, in binary order. One statement, which costs what the number of pairs costs, not that of backups.
   */
  list(): Promise<readonly Location[]>;
}

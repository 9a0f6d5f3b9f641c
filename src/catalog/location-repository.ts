import type { EntityManager } from 'typeorm';
import type { Location } from '../domain/location.js';
import type { LocationReader } from './locations.js';

/**
 * Steps through the index from pair to pair of the backups, where DISTINCT would read it as a whole. First the projects,
 * then in each the regions: a comparison of the two columns at once SQLite takes to the index by its first alone.
 */
const LOCATIONS = `
  WITH RECURSIVE
    projects (project) AS (
      SELECT MIN(project) FROM backups
      UNION ALL
      SELECT (SELECT MIN(b.project) FROM backups b WHERE b.project > p.project)
      FROM projects p WHERE p.project IS NOT NULL
    ),
    locations (project, region) AS (
      SELECT p.project, (SELECT MIN(b.region) FROM backups b WHERE b.project = p.project)
      FROM projects p WHERE p.project IS NOT NULL
      UNION ALL
      SELECT l.project, (SELECT MIN(b.region) FROM backups b WHERE b.project = l.project AND b.region > l.region)
      FROM locations l WHERE l.region IS NOT NULL
    )
  SELECT region, project FROM locations WHERE region IS NOT NULL
  UNION
  SELECT region, project FROM instances
  ORDER BY region, project`;

export class LocationRepository implements LocationReader {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async list(): Promise<readonly Location[]> {
    return this.#manager.query<Location[]>(LOCATIONS);
  }
}

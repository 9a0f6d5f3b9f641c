import type { Catalog } from '../catalog/catalog.js';
import type { Caller } from '../domain/caller.js';
import type { Location } from '../domain/location.js';

/** Which regions and projects callers may choose from. */
export class ListLocations {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** By region, then project. */
  async list(_caller: Caller): Promise<readonly Location[]> {
    return this.#catalog.locations.list();
  }
}

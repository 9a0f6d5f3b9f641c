import type { Catalog } from '../catalog/catalog.js';
import type { RestoreFilter, RestorePageRequest } from '../catalog/restores.js';
import type { Caller } from '../domain/caller.js';
import type { Page } from '../domain/page.js';
import type { Restore } from '../domain/restore.js';

/** What callers may see of restores. */
export class ListRestores {
  readonly #catalog: Catalog;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  async find(_caller: Caller, id: string): Promise<Restore | null> {
    return this.#catalog.restores.find(id);
  }

  /** @throws DomainError BAD_USER_INPUT on a foreign cursor */
  async list(_caller: Caller, request: RestorePageRequest): Promise<Page<Restore>> {
    return this.#catalog.restores.list(request);
  }

  async count(_caller: Caller, filter: RestoreFilter): Promise<number> {
    return this.#catalog.restores.count(filter);
  }

  /** The RUNNING restore to each instance; null where there is none. */
  async findActive(_caller: Caller, instanceIds: readonly string[]): Promise<readonly (Restore | null)[]> {
    return this.#catalog.restores.findActive(instanceIds);
  }
}

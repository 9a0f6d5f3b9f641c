import type { Catalog, InstanceFilter, InstancePageRequest } from '../catalog/catalog.js';
import type { BackupPolicy } from '../domain/backup-policy.js';
import type { Caller } from '../domain/caller.js';
import type { Database } from '../domain/database.js';
import type { Instance } from '../domain/instance.js';
import type { Page } from '../domain/page.js';
import type { InstanceConnector } from './instance-connector.js';

/** What callers may see of instances. */
export class ListInstances {
  readonly #catalog: Catalog;
  readonly #connector: InstanceConnector;

  constructor(catalog: Catalog, connector: InstanceConnector) {
    this.#catalog = catalog;
    this.#connector = connector;
  }

  /** In the order of the ids; null where there is none. One statement. */
  async findMany(_caller: Caller, ids: readonly string[]): Promise<readonly (Instance | null)[]> {
    return this.#catalog.instances.findMany(ids);
  }

  /** @throws DomainError BAD_USER_INPUT on a foreign cursor */
  async list(_caller: Caller, request: InstancePageRequest): Promise<Page<Instance>> {
    return this.#catalog.instances.list(request);
  }

  async count(_caller: Caller, filter: InstanceFilter): Promise<number> {
    return this.#catalog.instances.count(filter);
  }

  /** The backup policy of each; null where none was set. One statement. */
  async findPolicies(_caller: Caller, ids: readonly string[]): Promise<readonly (BackupPolicy | null)[]> {
    return this.#catalog.backupPolicies.findMany(ids);
  }

  /** Cursor of the newest status change. Read before a page, it is where a subscription misses nothing. */
  async getEventCursor(_caller: Caller): Promise<string> {
    return this.#catalog.statusChanges.latestId();
  }

  /** Asks the instance itself. @throws DomainError INSTANCE_UNREACHABLE */
  async listDatabases(_caller: Caller, instance: Instance): Promise<readonly Database[]> {
    return this.#connector.listDatabases(instance);
  }
}

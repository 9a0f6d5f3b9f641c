import type { Catalog } from '../catalog/catalog.js';
import type { Backup } from '../domain/backup.js';
import type { Engine } from '../domain/instance.js';
import type { DatabaseEngine } from '../engines/database-engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import type { InstanceConnector } from './instance-connector.js';

interface ProofPlacesDeps {
  readonly catalog: Catalog;
  readonly connector: InstanceConnector;
  readonly engines: EngineRegistry;
  /** Connection URLs of servers that are there for proofs alone: secrets. */
  readonly scratchUrls: Readonly<Partial<Record<Engine, string>>>;
}

/** Where a backup can be restored for a proof. */
export interface ProofPlace {
  readonly engine: DatabaseEngine;
  /** Null where the product needs no server. */
  readonly url: string | null;
}

/** Finds who can read a backup, and where it can be tried out. */
export class ProofPlaces {
  readonly #deps: ProofPlacesDeps;

  constructor(deps: ProofPlacesDeps) {
    this.#deps = deps;
  }

  /** The engine that reads the backup's dumps, whether or not its instance is still there; null when none does. */
  async findEngine(backup: Backup): Promise<DatabaseEngine | null> {
    const { catalog, connector, engines } = this.#deps;
    const known = engines.findForProduct(backup.engine);
    if (known !== null || (await catalog.instances.find(backup.instanceId)) === null) return known;
    return (await connector.connect(backup.instanceId)).engine;
  }

  /**
   * A scratch server that is set up for it comes first, to spare the instance. Null when the instance is gone, and the
   * product needs a server. @throws EngineUnreachableError when the instance's URL cannot be unsealed
   */
  async find(backup: Backup): Promise<ProofPlace | null> {
    const { catalog, connector, engines, scratchUrls } = this.#deps;
    const engine = await this.findEngine(backup);
    if (engine === null) return null;
    if (engine.provesAlone) return { engine, url: null };
    const scratchUrl = scratchUrls[backup.engine];
    if (scratchUrl !== undefined) return { engine: engines.forUrl(scratchUrl), url: scratchUrl };
    const instance = await catalog.instances.find(backup.instanceId);
    return instance === null ? null : connector.connect(instance.id);
  }
}

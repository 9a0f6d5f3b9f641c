import DataLoader from 'dataloader';
import type { Catalog } from '../catalog/catalog.js';
import type { Database } from '../domain/database.js';
import { DomainError } from '../domain/errors.js';
import type { Instance } from '../domain/instance.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { DatabaseEngine, Health, Probe } from '../engines/database-engine.js';
import type { EngineRegistry } from '../engines/engine-registry.js';
import { UnsealError } from './secret-box.js';
import type { SecretBox } from './secret-box.js';

/** How long an instance may take to answer a question, so that whoever asked hears of it within 10 s. */
const ANSWER_TIMEOUT_MS = 9000;

interface Connection {
  readonly engine: DatabaseEngine;
  readonly url: string;
}

/** Asks instances about themselves: the one place where their sealed URLs are opened. */
export class InstanceConnector {
  readonly #engines: EngineRegistry;
  readonly #secretBox: SecretBox;
  /** Gathers the instances that are asked at the same time into one statement; remembers nothing. */
  readonly #sealedUrls: DataLoader<string, string | null>;
  /** Lists under way: who asks for one of them meanwhile shares it. */
  readonly #listing = new Map<string, Promise<readonly Database[]>>();
  /**
   * Health checks that have not come back, by URL, among them those that nobody waits for any more. One that hangs may
   * hold a thread: those that come after it share its end instead of taking a thread each. Not by instance: one that has
   * moved is asked at its new place, whatever hangs at the old one.
   */
  readonly #checking = new Map<string, Promise<Health>>();

  constructor(deps: { readonly catalog: Catalog; readonly engines: EngineRegistry; readonly secretBox: SecretBox }) {
    const { instances } = deps.catalog;
    this.#sealedUrls = new DataLoader((ids) => instances.findSealedUrls(ids), { cache: false });
    this.#engines = deps.engines;
    this.#secretBox = deps.secretBox;
  }

  /** @throws DomainError BAD_USER_INPUT, INSTANCE_UNREACHABLE */
  async probe(url: string): Promise<Probe> {
    const engine = this.#engines.forUrl(url);
    return orUnreachable(
      engine.endpointOf(url),
      answer((signal) => engine.probe(url, signal)),
    );
  }

  /** Whether it answers, and as what. @throws EngineUnreachableError */
  async checkHealth(id: string): Promise<Health> {
    const { engine, url } = await this.connect(id);
    const underWay = this.#checking.get(url);
    if (underWay !== undefined) return underWay;
    const checking = answer((signal) =>
      engine
        .checkHealth(url, signal)
        .catch((error: unknown) => {
          // What is configured here may have changed since the URL was accepted.
          throw error instanceof DomainError ? new EngineUnreachableError(error.message, { cause: error }) : error;
        })
        .finally(() => this.#checking.delete(url)),
    );
    this.#checking.set(url, checking);
    return checking;
  }

  /** @throws DomainError INSTANCE_UNREACHABLE, CLIENT_TOOL_MISSING when a program is not there that its backups take */
  async assertTools(instance: Instance): Promise<void> {
    const { engine } = await this.getConnection(instance);
    await engine.assertTools(instance);
  }

  /** The engine of an instance, and the URL to give it. @throws DomainError INSTANCE_NOT_FOUND, INSTANCE_UNREACHABLE when that cannot be unsealed */
  async getConnection(instance: Instance): Promise<Connection> {
    return orUnreachable(instance.endpoint, this.connect(instance.id));
  }

  /** Why the instance cannot have a user database of that name; null when it can. @throws DomainError INSTANCE_UNREACHABLE */
  async findNameFault(instance: Instance, name: string): Promise<string | null> {
    const { engine, url } = await this.getConnection(instance);
    const asking = answer(() => engine.findNameFault(url, name));
    return orUnreachable(instance.endpoint, asking);
  }

  /** The databases that the instance has now. @throws DomainError INSTANCE_UNREACHABLE */
  async listDatabases(instance: Instance): Promise<readonly Database[]> {
    const underWay = this.#listing.get(instance.id);
    if (underWay !== undefined) return underWay;
    const asking = answer(async (signal) => {
      const { engine, url } = await this.connect(instance.id);
      return engine.listDatabases(url, signal);
    });
    const listing = orUnreachable(instance.endpoint, asking).finally(() => this.#listing.delete(instance.id));
    this.#listing.set(instance.id, listing);
    return listing;
  }

  /** The engine of an instance, and the URL to give it. @throws EngineUnreachableError when its URL cannot be unsealed */
  async connect(instanceId: string): Promise<Connection> {
    const sealedUrl = await this.#sealedUrls.load(instanceId);
    if (sealedUrl === null) throw new InstanceDeletedError(instanceId);
    try {
      const url = this.#secretBox.open(sealedUrl, instanceId);
      return { engine: this.#engines.forUrl(url), url };
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      throw new EngineUnreachableError(`its stored URL cannot be read. ${error.message}`, { cause: error });
    }
  }
}

/** The instance was deleted since it was found: to a caller it is not there, to work under way not to be reached. */
class InstanceDeletedError extends EngineUnreachableError {
  readonly instanceId: string;

  constructor(instanceId: string) {
    super('it was deleted.');
    this.instanceId = instanceId;
  }
}

/** An engine may be stuck in the operating system, where no signal reaches it; the caller must not wait for that. */
async function answer<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const asking = new AbortController();
  const expired = new Promise<never>((_resolve, reject) => {
    asking.signal.addEventListener('abort', () => {
      reject(notAnswering());
    });
  });
  const timer = setTimeout(() => {
    asking.abort();
  }, ANSWER_TIMEOUT_MS);
  try {
    return await Promise.race([ask(asking.signal), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function notAnswering(): EngineUnreachableError {
  return new EngineUnreachableError(`it did not answer within ${(ANSWER_TIMEOUT_MS / 1000).toString()} s.`);
}

async function orUnreachable<T>(endpoint: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof InstanceDeletedError) {
      throw new DomainError('INSTANCE_NOT_FOUND', { instanceId: error.instanceId }, { cause: error });
    }
    if (!(error instanceof EngineUnreachableError)) throw error;
    throw new DomainError('INSTANCE_UNREACHABLE', { endpoint, reason: error.message }, { cause: error });
  }
}

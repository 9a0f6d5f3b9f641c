import { badUserInput } from '../domain/errors.js';
import type { Engine } from '../domain/instance.js';
import type { DatabaseEngine } from './database-engine.js';

/** Finds engines, by connection URL or by product. */
export class EngineRegistry {
  readonly #byScheme: ReadonlyMap<string, DatabaseEngine>;

  constructor(engines: readonly DatabaseEngine[]) {
    this.#byScheme = new Map(engines.flatMap((engine) => engine.schemes.map((scheme) => [scheme, engine])));
  }

  /** @throws DomainError BAD_USER_INPUT, which does not repeat the URL: it may hold a password. */
  forUrl(url: string): DatabaseEngine {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase();
    const engine = scheme === undefined ? undefined : this.#byScheme.get(scheme);
    if (engine !== undefined) return engine;
    const schemes = [...this.#byScheme.keys()].map((known) => `${known}:`).join(', ');
    throw badUserInput('url', 'scheme', `The URL must be a connection URL that starts with one of: ${schemes}.`);
  }

  /** Each product has a scheme of its own name. Null when none of the engines knows it. */
  findForProduct(engine: Engine): DatabaseEngine | null {
    return this.#byScheme.get(engine.toLowerCase()) ?? null;
  }
}

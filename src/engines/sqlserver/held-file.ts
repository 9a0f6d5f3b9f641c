import { EngineUnreachableError } from '../database-engine.js';
import { SqlServerConnection } from './connection.js';
import type { ExchangeFile } from './exchange.js';
import { holdName, newBackupName, release } from './exchange-names.js';
import type { ExchangePartner } from './exchange-names.js';
import { readServerFacts } from './server-facts.js';
import type { ServerFacts } from './server-facts.js';

interface Held {
  readonly connection: SqlServerConnection;
  readonly facts: ServerFacts;
  readonly file: ExchangeFile;
}

/**
 * A new name in the exchange place, for as long as it is needed, and the connection that holds it. What is there by that name
 * is gone afterwards, whatever happens: when this process dies, whoever comes next removes it.
 */
export class HeldFile implements AsyncDisposable {
  readonly connection: SqlServerConnection;
  readonly facts: ServerFacts;
  readonly file: ExchangeFile;
  readonly #partner: ExchangePartner;

  private constructor(partner: ExchangePartner, { connection, facts, file }: Held) {
    this.#partner = partner;
    this.connection = connection;
    this.facts = facts;
    this.file = file;
  }

  /** @param name by default that of a new backup @throws EngineUnreachableError, ExchangeError */
  static async create(
    partner: ExchangePartner,
    signal: AbortSignal,
    name: string = newBackupName(partner.server),
  ): Promise<HeldFile> {
    const { server, exchange } = partner;
    const connection = await SqlServerConnection.open(server, signal);
    let isHeld = false;
    try {
      const facts = await readServerFacts(connection);
      const fault = exchange.findFault(facts);
      if (fault !== null) throw new EngineUnreachableError(fault);
      await holdName(connection, name);
      isHeld = true;
      await exchange.grant(connection, name);
      return new HeldFile(partner, { connection, facts, file: exchange.file(name) });
    } catch (error) {
      if (isHeld) await release(server, exchange, name);
      await connection[Symbol.asyncDispose]();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { server, exchange } = this.#partner;
    await release(server, exchange, this.file.name);
    await this.connection[Symbol.asyncDispose]();
  }
}

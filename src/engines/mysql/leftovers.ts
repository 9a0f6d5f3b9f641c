import type { Staging } from './client-call.js';
import { quoteName } from './quote.js';
import { restoreFailed } from './restore-failure.js';
import type { RestoreSession } from './restore-session.js';
import type { SwapPhase } from './staged-state.js';
import { SwappedTables } from './swapped-tables.js';

/** What a restore has put beside, and its claim on the target: removed once the target is the old one or the new one. */
export class Leftovers {
  readonly #session: RestoreSession;
  readonly #database: string;
  readonly #tables: SwappedTables;

  constructor(session: RestoreSession, staging: Staging) {
    this.#session = session;
    this.#database = staging.database;
    this.#tables = new SwappedTables(session, staging);
  }

  /** The state goes last. @throws RestoreFailedError when that would remove what is nowhere else */
  async remove(phase: SwapPhase | null): Promise<void> {
    const { connection, replaced, staged } = this.#session;
    if (!(await this.#session.hasDatabase(staged)) && !(await this.#session.hasDatabase(replaced))) return;
    if (phase !== 'SWAPPED') await this.#assertSuperseded();
    await this.#session.endLoading();
    await this.#tables.dropClaim();
    await connection.run(`DROP DATABASE IF EXISTS ${quoteName(replaced)}`);
    await connection.run(`DROP DATABASE IF EXISTS ${quoteName(staged)}`);
  }

  /** A restore that was broken off may be the only one to have the former tables, when somebody has dropped the new ones. */
  async #assertSuperseded(): Promise<void> {
    if (!(await this.#tables.hasPutAside()) || (await this.#tables.hasTables())) return;
    const { replaced } = this.#session;
    const reason = `it has no tables, and its former ones are in the database ${replaced}, which is kept. Move them where you want them, or drop that database.`;
    throw restoreFailed(this.#database, reason);
  }
}

import type { Staging } from './client-call.js';
import { dropCode, isBrokenView, loadCode } from './database-code.js';
import { quoteName } from './quote.js';
import type { RestoreSession } from './restore-session.js';
import { StagedState } from './staged-state.js';
import type { SwapPhase } from './staged-state.js';
import { SwappedTables } from './swapped-tables.js';

/** Where a swap is not over: what there is then to be taken back, or to go on with. */
export type OpenPhase = Exclude<SwapPhase, 'STAGED' | 'SWAPPED'>;

export function isOpen(phase: SwapPhase | null): phase is OpenPhase {
  return phase !== null && phase !== 'STAGED' && phase !== 'SWAPPED';
}

/** Gives a target that is in the middle of its change what it had before. Goes on from where a former try has come to. */
export class TakeBack {
  readonly #session: RestoreSession;
  readonly #database: string;
  readonly #state: StagedState;
  readonly #tables: SwappedTables;

  constructor(session: RestoreSession, staging: Staging) {
    this.#session = session;
    this.#database = staging.database;
    this.#state = new StagedState(session.connection, staging.stagingId);
    this.#tables = new SwappedTables(session, staging);
  }

  /**
   * Whether the target is no longer the database that this restore was changing: another restore, or a client, has put one
   * in its place, which is none of ours.
   */
  async isTakenOver(): Promise<boolean> {
    return (
      !(await this.#tables.isClaimed()) && ((await this.#tables.areSwapped()) || (await this.#tables.hasPutAside()))
    );
  }

  /** @throws the server's error; it is then to be run again */
  async run(phase: OpenPhase): Promise<void> {
    const hadTarget = (await this.#state.readList('hadTarget')).length > 0;
    // Unclaimed, nothing of it was changed, or all of it is put back.
    if (await this.#tables.isClaimed()) {
      if (phase !== 'REMAKING') await this.#moveBack();
      if (hadTarget) await this.#remakeCode();
    }
    if (!hadTarget && (await this.#session.hasDatabase(this.#database)) && (await this.#tables.isVacant())) {
      await this.#session.connection.run(`DROP DATABASE ${quoteName(this.#database)}`);
    }
    await this.#state.advance('STAGED');
    await this.#tables.dropClaim();
  }

  async #moveBack(): Promise<void> {
    await this.#state.advance('TAKING_BACK');
    await dropCode(this.#session, this.#database);
    await this.#tables.swapBack(await this.#state.readList('newTables'));
    await this.#state.advance('REMAKING');
  }

  /** A view that is broken was broken before. */
  async #remakeCode(): Promise<void> {
    const statements = await this.#state.readList('oldCode');
    const [tolerates, progress] = [isBrokenView, this.#state];
    await loadCode(this.#session, { database: this.#database, statements, tolerates, progress });
  }
}

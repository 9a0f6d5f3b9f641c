import { RestoreFailedError } from '../../domain/failure.js';
import { messageOf } from '../../domain/errors.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { EngineUnreachableError } from '../database-engine.js';
import { captureCode } from './capture-code.js';
import type { Staging } from './client-call.js';
import { dropCode, loadCode } from './database-code.js';
import { serverErrorOf, toUnreachable } from './errors.js';
import { Leftovers } from './leftovers.js';
import { quoteName } from './quote.js';
import { asRestore, asUnknown, isLost, restoreFailed, toRestoreFailure } from './restore-failure.js';
import { RestoreSession } from './restore-session.js';
import { nameSequences } from './sequence-defaults.js';
import { StagedState, toTrialTable } from './staged-state.js';
import type { SwapPhase } from './staged-state.js';
import { assertReplaceable, tryDefiners } from './swap-checks.js';
import { SwappedTables } from './swapped-tables.js';
import { isOpen, TakeBack } from './take-back.js';

/** ER_DB_CREATE_EXISTS. */
const DATABASE_EXISTS = 1007;

/**
 * MySQL cannot rename a database. All tables change places in one statement, which the server does as a whole or not at
 * all; what a database has besides is dropped before, because tables with triggers change no place, and made anew
 * behind. Until all of that is done, the state beside has what it takes to put the former database back, and a claim in
 * the database tells that it still is the one to put back.
 */
export class Swap {
  readonly #session: RestoreSession;
  readonly #staging: Staging;
  readonly #state: StagedState;
  readonly #tables: SwappedTables;
  readonly #takeBack: TakeBack;
  readonly #leftovers: Leftovers;

  constructor(session: RestoreSession, staging: Staging) {
    this.#session = session;
    this.#staging = staging;
    this.#state = new StagedState(session.connection, staging.stagingId);
    this.#tables = new SwappedTables(session, staging);
    this.#takeBack = new TakeBack(session, staging);
    this.#leftovers = new Leftovers(session, staging);
  }

  /**
   * Goes on from where a former try has come to.
   * @returns whether nothing is left beside
   * @throws RestoreFailedError when the target has what it had before; anything else when that is not known
   */
  async commit(overwrite: boolean): Promise<boolean> {
    const phase = await this.#state.readPhase();
    if (phase === null) await this.#assertDone();
    else if (phase !== 'SWAPPED') await this.#finish(phase, overwrite);
    try {
      await this.#leftovers.remove(phase === null ? null : 'SWAPPED');
      return true;
    } catch {
      // The target has the new database, whatever keeps the rest.
      this.#staging.signal.throwIfAborted();
      return false;
    }
  }

  /** Takes back what is not committed, and removes what is beside. */
  async abandon(): Promise<void> {
    const phase = await this.#state.readPhase();
    if (isOpen(phase) && !(await this.#takeBack.isTakenOver())) await this.#takeBack.run(phase);
    await asRestore(this.#staging, async () => this.#leftovers.remove(phase));
  }

  async #finish(phase: SwapPhase, overwrite: boolean): Promise<void> {
    if (isOpen(phase) && (await this.#takeBack.isTakenOver())) {
      throw this.#failed('another database was put in its place while it was being replaced, and stays.');
    }
    const isSwapped = phase === 'LOADING' || (phase === 'SWAPPING' && (await this.#tables.areSwapped()));
    if (!isSwapped) {
      // What the target has may have changed since a former try.
      if (isOpen(phase)) await this.#takeBack.run(phase);
      await asRestore(this.#staging, async () => this.#prepare(overwrite));
    }
    try {
      if (!isSwapped) await this.#swapTables();
      await this.#loadNewCode(phase);
    } catch (error) {
      throw await this.#putBackAfter(error);
    }
  }

  /** What can be refused without touching the target is refused here. */
  async #prepare(overwrite: boolean): Promise<void> {
    const { database } = this.#staging;
    const exists = await this.#session.hasDatabase(database);
    if (exists && !overwrite) throw targetExists(database);
    const oldCode = exists ? await captureCode(this.#session, this.#staging) : [];
    if (exists) await assertReplaceable(this.#session, database);
    await this.#state.advance('SWAPPING', { oldCode, hadTarget: exists ? [Buffer.from('yes')] : [] });
    if (exists) return;
    try {
      await this.#session.connection.run(`CREATE DATABASE ${quoteName(database)}`);
    } catch (error) {
      await this.#state.advance('STAGED');
      throw serverErrorOf(error) === DATABASE_EXISTS ? targetExists(database) : error;
    }
  }

  async #swapTables(): Promise<void> {
    const { database, stagingId } = this.#staging;
    const hadTarget = (await this.#state.readList('hadTarget')).length > 0;
    // It was made a moment ago; what is there already, somebody else has made.
    if (!hadTarget && !(await this.#tables.isVacant())) throw targetExists(database);
    await this.#session.connection.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(this.#session.replaced)}`);
    await this.#tables.tryOut();
    const code = [...(await this.#state.readList('oldCode')), ...(await this.#state.readList('newCode'))];
    await tryDefiners(this.#session, { database, name: toTrialTable(stagingId), code });
    await this.#tables.swap(async () => dropCode(this.#session, database));
  }

  async #loadNewCode(phase: SwapPhase): Promise<void> {
    const { database } = this.#staging;
    if (phase !== 'LOADING') {
      await dropCode(this.#session, database);
      await this.#state.advance('LOADING');
    }
    await nameSequences(this.#session, database);
    const statements = await this.#state.readList('newCode');
    await loadCode(this.#session, { database, statements, tolerates: () => false, progress: this.#state });
    await this.#state.advance('SWAPPED');
  }

  /** @returns what to throw: a failure of the restore only once the target has what it had */
  async #putBackAfter(error: unknown): Promise<unknown> {
    // Of an instance that does not answer, or must not be asked any more, nothing is put back now.
    if (isLost(error) && !(error instanceof RestoreFailedError)) return error;
    const failure = toRestoreFailure(error, this.#staging.database);
    try {
      await this.#session.reset();
      const phase = await this.#state.readPhase();
      if (!isOpen(phase)) return error;
      await this.#takeBack.run(phase);
      return failure;
    } catch (cause) {
      const message = `${messageOf(failure)} What it had is not yet put back: ${messageOf(toUnreachable(cause))}`;
      return new EngineUnreachableError(message, { cause: error });
    }
  }

  /** Nothing is staged any more: it was done before, if there is such a database. */
  async #assertDone(): Promise<void> {
    if ((await this.#session.listTables(this.#session.staged)).length > 0)
      throw this.#failed('it was not loaded to its end.');
    if (!(await this.#session.hasDatabase(this.#staging.database))) throw this.#failed('nothing of it was loaded.');
  }

  #failed(reason: string): RestoreFailedError {
    return restoreFailed(this.#staging.database, reason);
  }
}

function targetExists(database: string): RestoreFailedError {
  const message = `Database ${database} cannot be restored: there is a database of that name. Restore it under another name, or allow it to be replaced.`;
  return new RestoreFailedError(RestoreFailureCode.TARGET_EXISTS, message);
}

/** Work on the swap of one restore, which nobody else works on meanwhile. */
export async function swapWith<T>(staging: Staging, work: (swap: Swap) => Promise<T>): Promise<T> {
  return asUnknown(staging.signal, async () => {
    await using session = await RestoreSession.open(staging);
    return await work(new Swap(session, staging));
  });
}

import { RestoreFailedError } from '../../domain/failure.js';
import { RestoreFailureCode } from '../../domain/restore.js';
import { captureCode } from './capture-code.js';
import type { Staging } from './client-call.js';
import { dropCode, loadCode } from './database-code.js';
import { messageOf } from '../../domain/errors.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';
import { restoreFailed, toRestoreFailure } from './restore-failure.js';
import { RestoreSession } from './restore-session.js';
import { StagedState } from './staged-state.js';
import { SwappedTables } from './swapped-tables.js';
import { assertReplaceable } from './swap-checks.js';

/** ER_DB_CREATE_EXISTS. */
const DATABASE_EXISTS = 1007;

/**
 * MySQL cannot rename a database. All tables change places in one statement, which the server does as a whole or not at
 * all; what a database has besides is dropped before, because tables with triggers change no place, and made anew
 * behind. Until all of that is done, the state beside has what it takes to put the former database back.
 */
export class Swap {
  readonly #session: RestoreSession;
  readonly #staging: Staging;
  readonly #state: StagedState;
  readonly #tables: SwappedTables;

  constructor(session: RestoreSession, staging: Staging) {
    this.#session = session;
    this.#staging = staging;
    this.#state = new StagedState(session.connection, staging.stagingId);
    this.#tables = new SwappedTables(session, staging);
  }

  /** Goes on from where a former try has come to. @throws RestoreFailedError, and what a connection throws */
  async commit(overwrite: boolean): Promise<void> {
    if (!(await this.#session.hasDatabase(this.#session.staged))) return this.#assertDone();
    const phase = await this.#state.readPhase();
    if (phase === null) {
      if ((await this.#session.listTables(this.#session.staged)).length > 0)
        throw this.#failed('it was not loaded to its end.');
      await this.#assertDone();
      return this.#removeAll();
    }
    if (phase === 'STAGED') await this.#prepare(overwrite);
    if (phase !== 'SWAPPED') {
      try {
        await this.#replace();
      } catch (error) {
        throw await this.#putBackAfter(error);
      }
    }
    await this.#removeAll();
  }

  /** Takes back what is not committed, and removes what is beside. */
  async abandon(): Promise<void> {
    const { staged, replaced } = this.#session;
    if (await this.#session.hasDatabase(staged)) {
      if ((await this.#state.readPhase()) === 'SWAPPING') await this.#putBack();
    } else if (!(await this.#session.hasDatabase(replaced))) return;
    await this.#removeAll();
  }

  /** Everything that can be refused is refused here, where the target is still untouched. */
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

  async #replace(): Promise<void> {
    const { database } = this.#staging;
    const { connection, replaced } = this.#session;
    if (!(await this.#tables.areSwapped())) {
      const hadTarget = (await this.#state.readList('hadTarget')).length > 0;
      // A former try may have come no further than to say that it would make it.
      if (!hadTarget) await connection.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(database)}`);
      if (!hadTarget && (await this.#tables.hasForeign())) throw targetExists(database);
      await connection.run(`CREATE DATABASE IF NOT EXISTS ${quoteName(replaced)}`);
      await this.#tables.tryOut();
      await this.#tables.swap(async () => dropCode(this.#session, database));
    }
    await dropCode(this.#session, database);
    await this.#tables.nameSequences();
    const statements = await this.#state.readList('newCode');
    await loadCode(this.#session, { database, statements, toleratesBrokenViews: false });
    await this.#state.advance('SWAPPED');
  }

  /** @returns what to throw */
  async #putBackAfter(error: unknown): Promise<unknown> {
    // Of an instance that does not answer, or must not be asked any more, nothing is put back: that is for `abandon`.
    if (serverErrorOf(error) === null && !(error instanceof RestoreFailedError)) return error;
    const { database } = this.#staging;
    const failure = toRestoreFailure(error, database);
    try {
      await this.#session.reset();
      await this.#putBack();
      return failure;
    } catch (cause) {
      const message = `${messageOf(failure)} What it had is not yet put back: ${messageOf(toRestoreFailure(cause, database))}`;
      return new RestoreFailedError(RestoreFailureCode.RESTORE_FAILED, message, { cause: error });
    }
  }

  async #putBack(): Promise<void> {
    const { database } = this.#staging;
    const { connection } = this.#session;
    if (await this.#session.hasDatabase(database)) {
      const hadTarget = (await this.#state.readList('hadTarget')).length > 0;
      const isTouched = hadTarget || (await this.#tables.areSwapped());
      if (isTouched) await dropCode(this.#session, database);
      await this.#tables.swapBack(await this.#state.readList('newTables'));
      if (hadTarget) {
        const statements = await this.#state.readList('oldCode');
        await loadCode(this.#session, { database, statements, toleratesBrokenViews: true });
      } else if (!(await this.#tables.hasForeign())) {
        await connection.run(`DROP DATABASE ${quoteName(database)}`);
      }
    }
    await this.#state.advance('STAGED');
  }

  /** The state goes last. */
  async #removeAll(): Promise<void> {
    const { connection, replaced, staged } = this.#session;
    await this.#session.endLoading();
    await connection.run(`DROP DATABASE IF EXISTS ${quoteName(replaced)}`);
    await connection.run(`DROP DATABASE IF EXISTS ${quoteName(staged)}`);
  }

  async #assertDone(): Promise<void> {
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

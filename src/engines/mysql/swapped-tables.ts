import { Engine } from '../../domain/instance.js';
import type { Staging } from './client-call.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';
import type { RestoreSession } from './restore-session.js';
import { isOwnTable, toMarkerTable, toTrialTable } from './staged-state.js';

/** ER_LOCK_WAIT_TIMEOUT. */
const LOCK_TIMED_OUT = 1205;

interface Move {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** The tables of a database, and those that are to take their place. */
export class SwappedTables {
  readonly #session: RestoreSession;
  readonly #database: string;
  readonly #stagingId: string;

  constructor(session: RestoreSession, { database, stagingId }: Staging) {
    this.#session = session;
    this.#database = database;
    this.#stagingId = stagingId;
  }

  /** The marker changes places with them. */
  async areSwapped(): Promise<boolean> {
    return (await this.#session.listTables(this.#session.replaced)).includes(toMarkerTable(this.#stagingId));
  }

  /** Whether the database has something that is not of this restore. */
  async hasForeign(): Promise<boolean> {
    return (await this.#session.listNames(this.#database)).some(({ name }) => name !== toTrialTable(this.#stagingId));
  }

  /** Moves a table of our own the ways that the others are to go. @throws the server's error when the user may not */
  async tryOut(): Promise<void> {
    const { connection, staged, replaced } = this.#session;
    const trial = toTrialTable(this.#stagingId);
    for (const place of [staged, this.#database, replaced]) {
      await connection.run(`DROP TABLE IF EXISTS ${at(place, trial)}`);
    }
    await connection.run(`CREATE TABLE ${at(staged, trial)} (n INT) ENGINE = InnoDB`);
    await this.#move([{ name: trial, from: staged, to: this.#database }]);
    await this.#move([{ name: trial, from: this.#database, to: replaced }]);
    await connection.run(`DROP TABLE ${at(replaced, trial)}`);
  }

  /** @param dropCode removes what keeps tables from changing places */
  async swap(dropCode: () => Promise<void>): Promise<void> {
    const { connection, staged, replaced } = this.#session;
    await this.#dropTriggersLocked();
    await dropCode();
    const marker = toMarkerTable(this.#stagingId);
    await connection.run(`CREATE TABLE IF NOT EXISTS ${at(staged, marker)} (n INT) ENGINE = InnoDB`);
    await this.#move([
      ...(await this.#listMoves(this.#database, replaced)),
      ...(await this.#listMoves(staged, this.#database)),
      // The last: servers before MySQL 8.0 and MariaDB 10.6 may die half-way.
      { name: marker, from: staged, to: replaced },
    ]);
  }

  /** @param newTables names of all that was staged */
  async swapBack(newTables: readonly Buffer[]): Promise<void> {
    const { staged, replaced } = this.#session;
    const trial = toTrialTable(this.#stagingId);
    const [inStaged, inDatabase] = [
      new Set(await this.#session.listTables(staged)),
      new Set(await this.#session.listTables(this.#database)),
    ];
    const isNew = (name: string): boolean => inDatabase.has(name) && !inStaged.has(name);
    const names = newTables.map((name) => name.toString()).filter(isNew);
    const marker = toMarkerTable(this.#stagingId);
    await this.#move([
      ...names.map((name) => ({ name, from: this.#database, to: staged })),
      ...(await this.#listMoves(replaced, this.#database)),
      ...((await this.areSwapped()) ? [{ name: marker, from: replaced, to: staged }] : []),
    ]);
    await this.#session.connection.run(`DROP TABLE IF EXISTS ${at(this.#database, trial)}`);
  }

  /** A default that takes the next value of a sequence names the database in which the sequence was when it was made. */
  async nameSequences(): Promise<void> {
    const { connection, product, staged } = this.#session;
    if (product.engine !== Engine.MARIADB) return;
    const former = `${quoteName(staged)}.`;
    const columns = await connection.run<{ place: string; name: string; column: string; value: string }>(
      `SELECT TABLE_SCHEMA AS place, TABLE_NAME AS name, COLUMN_NAME AS \`column\`, COLUMN_DEFAULT AS value FROM information_schema.COLUMNS
       WHERE TABLE_SCHEMA = x'${Buffer.from(this.#database).toString('hex')}' AND COLUMN_DEFAULT LIKE '%(${former}%'`,
    );
    if (columns.length > 0) await connection.query("SET SESSION system_versioning_alter_history = 'KEEP'");
    const here = columns.filter(({ place }) => this.#session.isSame(place, this.#database));
    // All of a table at once: the server looks at each of its defaults.
    for (const table of new Set(here.map(({ name }) => name))) {
      const changed = here.filter(({ name }) => name === table);
      const changes = changed.map(({ column, value }) => {
        const own = value.replaceAll(`(${former}`, () => `(${quoteName(this.#database)}.`);
        return `ALTER COLUMN ${quoteName(column)} SET DEFAULT (${own})`;
      });
      await connection.run(`ALTER TABLE ${at(this.#database, table)} ${changes.join(', ')}`);
    }
  }

  /**
   * Waits for whoever uses the tables before anything is dropped, and lets nobody write while triggers are missing.
   * @throws the server's error when the tables stay in use
   */
  async #dropTriggersLocked(): Promise<void> {
    const { connection } = this.#session;
    const tables = await connection.run<Readonly<Record<string, string>>>(
      `SHOW FULL TABLES FROM ${quoteName(this.#database)} WHERE Table_type <> 'VIEW' AND Table_type <> 'SEQUENCE'`,
    );
    const names = tables.map((row) => Object.values(row)[0] ?? '');
    if (names.length === 0) return;
    try {
      await connection.run(`LOCK TABLES ${names.map((name) => `${at(this.#database, name)} WRITE`).join(', ')}`);
      const triggers = await connection.run<{ Trigger: string }>(`SHOW TRIGGERS FROM ${quoteName(this.#database)}`);
      for (const { Trigger } of triggers) await connection.run(`DROP TRIGGER ${at(this.#database, Trigger)}`);
    } catch (error) {
      const number = serverErrorOf(error);
      // A table that is broken cannot be locked, and may be why the database is replaced.
      if (number === null || number === LOCK_TIMED_OUT) throw error;
    } finally {
      await connection.run('UNLOCK TABLES').catch(() => undefined);
    }
  }

  async #listMoves(from: string, to: string): Promise<readonly Move[]> {
    const names = await this.#session.listTables(from);
    const own = names.filter((name) => !isOwnTable(name, this.#stagingId));
    return own.map((name) => ({ name, from, to }));
  }

  /** The server does all of it, or nothing. */
  async #move(moves: readonly Move[]): Promise<void> {
    if (moves.length === 0) return;
    const pairs = moves.map(({ name, from, to }) => `${at(from, name)} TO ${at(to, name)}`);
    await this.#session.connection.run(`RENAME TABLE ${pairs.join(', ')}`);
  }
}

function at(database: string, table: string): string {
  return `${quoteName(database)}.${quoteName(table)}`;
}

import type { Staging } from './client-call.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';
import { isLost } from './restore-failure.js';
import type { RestoreSession } from './restore-session.js';
import { listCode } from './database-code.js';
import { isOwnTable, isRestoreTable, toClaimTable, toMarkerTable, toTrialTable } from './staged-state.js';

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

  /** Whether the database is still the one that this restore changes. */
  async isClaimed(): Promise<boolean> {
    return (await this.#session.listTables(this.#database)).includes(toClaimTable(this.#stagingId));
  }

  /** Removes what this restore has in the database beside its tables. */
  async dropClaim(): Promise<void> {
    const own = [toClaimTable(this.#stagingId), toTrialTable(this.#stagingId)];
    for (const { name, isView } of await this.#session.listNames(this.#database)) {
      const kind = isView ? 'VIEW' : 'TABLE';
      if (own.includes(name)) await this.#session.connection.run(`DROP ${kind} IF EXISTS ${at(this.#database, name)}`);
    }
  }

  /** Whether the database has nothing that is not of this restore. */
  async isVacant(): Promise<boolean> {
    const names = await this.#session.listNames(this.#database);
    if (names.some(({ name }) => !isOwnTable(name, this.#stagingId))) return false;
    const { events, routines } = await listCode(this.#session, this.#database);
    return events.length + routines.length === 0;
  }

  async hasTables(): Promise<boolean> {
    return (await this.#listOthers(this.#database)).length > 0;
  }

  /** Whether tables that the database had before are put aside. */
  async hasPutAside(): Promise<boolean> {
    return (await this.#listOthers(this.#session.replaced)).length > 0;
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

  /** From the claim on it is to be taken back if it breaks off. @param dropCode removes what keeps tables from changing places */
  async swap(dropCode: () => Promise<void>): Promise<void> {
    const { connection, staged, replaced } = this.#session;
    await this.#claim();
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
  }

  /**
   * Waits for whoever uses the tables before anything is dropped, and lets nobody write while triggers are missing.
   * @throws the server's error when the tables stay in use: then nothing is claimed any more
   */
  async #dropTriggersLocked(): Promise<void> {
    const { connection } = this.#session;
    try {
      if (!(await this.#lock())) return;
      const triggers = await connection.run<{ Trigger: string }>(`SHOW TRIGGERS FROM ${quoteName(this.#database)}`);
      for (const { Trigger } of triggers) await connection.run(`DROP TRIGGER ${at(this.#database, Trigger)}`);
    } finally {
      await connection.run('UNLOCK TABLES').catch(() => undefined);
    }
  }

  /** @returns false when that cannot be done: a table that is broken may be why the database is replaced */
  async #lock(): Promise<boolean> {
    const { connection } = this.#session;
    const tables = await connection.run<Readonly<Record<string, string>>>(
      `SHOW FULL TABLES FROM ${quoteName(this.#database)} WHERE Table_type <> 'VIEW' AND Table_type <> 'SEQUENCE'`,
    );
    const names = tables.map((row) => Object.values(row)[0] ?? '');
    try {
      await connection.run(`LOCK TABLES ${names.map((name) => `${at(this.#database, name)} WRITE`).join(', ')}`);
      return true;
    } catch (error) {
      if (isLost(error)) throw error;
      if (serverErrorOf(error) !== LOCK_TIMED_OUT) return false;
      await this.dropClaim();
      throw error;
    }
  }

  async #claim(): Promise<void> {
    const table = at(this.#database, toClaimTable(this.#stagingId));
    await this.#session.connection.run(`CREATE TABLE IF NOT EXISTS ${table} (n INT) ENGINE = InnoDB`);
  }

  async #listMoves(from: string, to: string): Promise<readonly Move[]> {
    const names = await this.#listOthers(from);
    // Where another restore was broken off while the backup was taken, its claim is no part of the data.
    const moving = from === this.#session.staged ? names.filter((name) => !isRestoreTable(name)) : names;
    return moving.map((name) => ({ name, from, to }));
  }

  /** Tables that are not of this restore. */
  async #listOthers(database: string): Promise<readonly string[]> {
    return (await this.#session.listTables(database)).filter((name) => !isOwnTable(name, this.#stagingId));
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

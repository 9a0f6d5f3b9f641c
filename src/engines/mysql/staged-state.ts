import { toReplacedName, toStagedName } from '../staging-name.js';
import type { MysqlConnection } from './connection.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';

/** What a server with the least max_allowed_packet takes, in hexadecimal. */
const PART_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;
/** ER_NO_SUCH_TABLE, ER_BAD_DB_ERROR. */
const NO_TABLE = new Set([1146, 1049]);
/** As hexadecimal: a script may have set what makes other bytes of a text. */
const DONE = `x'${Buffer.from('done').toString('hex')}'`;
const OWN_TABLE = /^rds_(restore|replaced|trial|claim)_[0-9a-f]{24}$/;

/**
 * - STAGED: the target is untouched, or has been put back.
 * - SWAPPING: code of the target is being dropped; then the tables change places.
 * - LOADING: it has the new tables, and gets their code.
 * - SWAPPED: only what is beside is left to remove.
 * - TAKING_BACK: the new code is being dropped; then the tables change back.
 * - REMAKING: it has its former tables, and gets their code again.
 */
export type SwapPhase = 'STAGED' | 'SWAPPING' | 'LOADING' | 'SWAPPED' | 'TAKING_BACK' | 'REMAKING';

/** `hadTarget` is empty when there was none. */
type List = 'newCode' | 'oldCode' | 'newTables' | 'hadTarget';

/**
 * How far a restore has come, in a table beside what was loaded: a commit that breaks off is taken up by whoever finds it.
 */
export class StagedState {
  readonly #connection: MysqlConnection;
  readonly #table: string;

  constructor(connection: MysqlConnection, stagingId: string) {
    const staged = toStagedName(stagingId);
    this.#connection = connection;
    this.#table = `${quoteName(staged)}.${quoteName(toStateTable(stagingId))}`;
  }

  /** @param lists what must be there from the phase on */
  async create(lists: Partial<Record<List, readonly Buffer[]>>): Promise<void> {
    await this.#connection.query(
      `CREATE TABLE ${this.#table} (name VARCHAR(20) NOT NULL, part INT NOT NULL, content LONGBLOB NOT NULL, PRIMARY KEY (name, part)) ENGINE = InnoDB CHARACTER SET ascii`,
    );
    await this.advance('STAGED', lists);
  }

  /** In one transaction. What was done of the phase before counts no more. */
  async advance(phase: SwapPhase, lists: Partial<Record<List, readonly Buffer[]>> = {}): Promise<void> {
    await this.#connection.query('START TRANSACTION');
    for (const [name, items] of Object.entries(lists)) await this.#write(name, encode(items));
    await this.#connection.query(`DELETE FROM ${this.#table} WHERE name = ${DONE}`);
    await this.#write('phase', Buffer.from(phase));
    await this.#connection.query('COMMIT');
  }

  /** Null when nothing was staged to its end, or all of it is removed. */
  async readPhase(): Promise<SwapPhase | null> {
    try {
      const phase = await this.#read('phase');
      return phase.length === 0 ? null : (phase.toString() as SwapPhase);
    } catch (error) {
      if (NO_TABLE.has(serverErrorOf(error) ?? 0)) return null;
      throw error;
    }
  }

  async readList(name: List): Promise<readonly Buffer[]> {
    return decode(await this.#read(name));
  }

  /** How many statements of the code were run in this phase; null before it was begun. */
  async readDone(): Promise<number | null> {
    const done = await this.#read('done');
    return done.length === 0 ? null : Number(done.toString());
  }

  async writeDone(count: number): Promise<void> {
    const content = Buffer.from(count.toString()).toString('hex');
    await this.#connection.run(`REPLACE INTO ${this.#table} VALUES (${DONE}, 0, x'${content}')`);
  }

  async #write(name: string, content: Buffer): Promise<void> {
    await this.#connection.query(`DELETE FROM ${this.#table} WHERE name = ?`, [name]);
    for (let at = 0; at < content.length; at += PART_BYTES) {
      const hex = content.toString('hex', at, at + PART_BYTES);
      const part = (at / PART_BYTES).toString();
      await this.#connection.query(`INSERT INTO ${this.#table} VALUES (?, ${part}, x'${hex}')`, [name]);
    }
  }

  async #read(name: string): Promise<Buffer> {
    const rows = await this.#connection.query<{ content: Buffer }>(
      `SELECT content FROM ${this.#table} WHERE name = ? ORDER BY part`,
      [name],
    );
    return Buffer.concat(rows.map(({ content }) => content));
  }
}

/** Of the table that holds the state, in the staged database. */
export function toStateTable(stagingId: string): string {
  return toStagedName(stagingId);
}

/** Of a table that goes where the tables of the target go: where it is, they are. */
export function toMarkerTable(stagingId: string): string {
  return toReplacedName(stagingId);
}

/** Of a table that shows whether the user may move tables. */
export function toTrialTable(stagingId: string): string {
  return `rds_trial_${stagingId}`;
}

/** Of a table that is in the target while that is the one which this restore changes: whoever replaces it takes it away. */
export function toClaimTable(stagingId: string): string {
  return `rds_claim_${stagingId}`;
}

/** Whether it is a table of some restore. */
export function isRestoreTable(name: string): boolean {
  return OWN_TABLE.test(name);
}

/** Whether it is a table of ours. */
export function isOwnTable(name: string, stagingId: string): boolean {
  return [toStateTable, toMarkerTable, toTrialTable, toClaimTable].some((toName) => toName(stagingId) === name);
}

function encode(items: readonly Buffer[]): Buffer {
  return Buffer.concat(
    items.flatMap((item) => {
      const length = Buffer.alloc(LENGTH_BYTES);
      length.writeUInt32BE(item.length);
      return [length, item];
    }),
  );
}

function decode(bytes: Buffer): readonly Buffer[] {
  const items: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const from = at + LENGTH_BYTES;
    at = from + bytes.readUInt32BE(at);
    items.push(bytes.subarray(from, at));
  }
  return items;
}

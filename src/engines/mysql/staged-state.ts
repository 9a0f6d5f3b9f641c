import { toReplacedName, toStagedName } from '../staging-name.js';
import type { MysqlConnection } from './connection.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';

/** What a server with the least max_allowed_packet takes, in hexadecimal. */
const PART_BYTES = 256 * 1024;
const LENGTH_BYTES = 4;
/** ER_NO_SUCH_TABLE. */
const NO_TABLE = 1146;

/** STAGED: the target is untouched. SWAPPING: it is being replaced, and can be put back. SWAPPED: only what is beside is left to remove. */
export type SwapPhase = 'STAGED' | 'SWAPPING' | 'SWAPPED';

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

  /** In one transaction. */
  async advance(phase: SwapPhase, lists: Partial<Record<List, readonly Buffer[]>> = {}): Promise<void> {
    await this.#connection.query('START TRANSACTION');
    for (const [name, items] of Object.entries(lists)) await this.#write(name, encode(items));
    await this.#write('phase', Buffer.from(phase));
    await this.#connection.query('COMMIT');
  }

  /** Null when nothing was staged to its end, or all of it is removed. */
  async readPhase(): Promise<SwapPhase | null> {
    try {
      const phase = await this.#read('phase');
      return phase.length === 0 ? null : (phase.toString() as SwapPhase);
    } catch (error) {
      if (serverErrorOf(error) === NO_TABLE) return null;
      throw error;
    }
  }

  async readList(name: List): Promise<readonly Buffer[]> {
    return decode(await this.#read(name));
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

/** Whether it is a table of ours. */
export function isOwnTable(name: string, stagingId: string): boolean {
  return [toStateTable, toMarkerTable, toTrialTable].some((toName) => toName(stagingId) === name);
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

import type { DumpContents } from '../../domain/backup.js';
import { DumpReader, UnreadableDumpError } from './dump-reader.js';
import type { DumpPiece } from './dump-reader.js';

const CREATE_TABLE = /^CREATE TABLE `((?:[^`]|``)+)`/;
/** More than the words take with which a statement names its table. */
const BEGINNING_BYTES = 512;

/**
 * Counts the rows of each table in a dump while it passes. The tool reads in a transaction that nobody can share: what is
 * counted beside it may be of another state.
 */
export class RowCount {
  readonly #rows = new Map<string, number>();
  readonly #reader = new DumpReader();
  #table = '';
  #isReadable = true;

  /** Of bytes that it does not understand it makes no failure: they are somebody's backup. */
  add(chunk: Buffer): void {
    if (this.#isReadable) this.#take(() => this.#reader.read(chunk));
  }

  /**
   * What the dump holds, once all of it has passed. No number is known where it was not to be understood to its end.
   * @param rowless tables whose rows are not in the dump
   */
  contents(rowless: readonly string[]): DumpContents {
    this.#take(() => this.#reader.end());
    const isKnown = this.#isReadable && this.#reader.isWhole;
    const tables = [...this.#rows]
      .filter(([name]) => !rowless.includes(name))
      .map(([name, rows]) => ({ name, rows: isKnown ? rows : null }));
    return { tables: tables.toSorted((a, b) => (a.name < b.name ? -1 : 1)), attributes: null };
  }

  #take(read: () => Iterable<DumpPiece>): void {
    try {
      for (const piece of read()) this.#count(piece);
    } catch (error) {
      if (!(error instanceof UnreadableDumpError)) throw error;
      this.#isReadable = false;
    }
  }

  #count(piece: DumpPiece): void {
    if (piece.kind === 'rows') {
      this.#rows.set(this.#table, (this.#rows.get(this.#table) ?? 0) + piece.count);
    } else if (piece.kind === 'insert') {
      this.#table = piece.table;
    } else {
      const [, name] = CREATE_TABLE.exec(piece.text.toString('utf8', 0, BEGINNING_BYTES)) ?? [];
      if (name !== undefined) this.#rows.set(name.replaceAll('``', '`'), 0);
    }
  }
}

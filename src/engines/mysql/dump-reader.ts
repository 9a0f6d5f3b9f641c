import { END_MARKER } from './format.js';
import { RowBrackets, RowLines } from './inserted-rows.js';
import type { InsertedRows } from './inserted-rows.js';
import { findStatementEnd } from './statement-end.js';

/** What a dump consists of. The bytes are the dump's own memory: whoever keeps them takes a copy. */
export type DumpPiece =
  /** Without its delimiter. */
  | { readonly kind: 'statement'; readonly text: Buffer }
  /** An INSERT up to the rows, which follow in pieces of their own. */
  | { readonly kind: 'insert'; readonly text: Buffer; readonly table: string }
  /** With the delimiter in the last of them; `count` are those that end in it. */
  | { readonly kind: 'rows'; readonly text: Buffer; readonly count: number };

const [SPACE, NEWLINE, BACKTICK] = [32, 10, 96];
const VALUES = Buffer.from('VALUES');
const DELIMITER = Buffer.from('DELIMITER ');
const COMMENT = Buffer.from('--');
/** With it a newer tool tells its client to run no programs: no statement, and unknown to older clients. */
const SANDBOX = Buffer.from('/*M!999999');
const INSERT = /^(?:INSERT|REPLACE) +(?:IGNORE +)?INTO `/;
/** More than the words take that an INSERT begins with. */
const INSERT_BYTES = 32;
/** No statement but an INSERT is that large: a server takes none above 1 GB, and the tool writes none near that. */
const MAX_HELD_BYTES = 128 * 1024 * 1024;

/** A dump has something that its tool does not write. */
export class UnreadableDumpError extends Error {
  override readonly name = 'UnreadableDumpError';
}

/** Takes a dump of one of the tools apart as it comes. */
export class DumpReader {
  #held: Buffer = Buffer.alloc(0);
  /** It is not looked at again before there are that many bytes. */
  #neededBytes = 0;
  #rows: InsertedRows | null = null;
  #delimiter = Buffer.from(';');
  #hasEscapes = true;
  #hasEndMarker = false;

  /** Whether all that has come is a whole dump. */
  get isWhole(): boolean {
    return this.#hasEndMarker && this.#held.length === 0 && this.#rows === null;
  }

  /** @throws UnreadableDumpError */
  *read(chunk: Uint8Array): Generator<DumpPiece, void> {
    const added = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const bytes = this.#held.length === 0 ? added : Buffer.concat([this.#held, added]);
    let at = 0;
    if (bytes.length >= this.#neededBytes) {
      for (let next = this.#next(bytes, at); next !== null; next = this.#next(bytes, at)) {
        at = next.end;
        if (next.piece !== null) yield next.piece;
      }
      // Looked at again once twice as much is there, a statement of any size costs no more than its bytes.
      this.#neededBytes = at === bytes.length ? 0 : (bytes.length - at) * 2;
    }
    if (bytes.length - at > MAX_HELD_BYTES) throw new UnreadableDumpError('a statement has no end');
    this.#held = Buffer.from(bytes.subarray(at));
  }

  /** What is still to come once all bytes have. @throws UnreadableDumpError */
  *end(): Generator<DumpPiece, void> {
    this.#neededBytes = 0;
    yield* this.read(new Uint8Array());
  }

  /** Null when more bytes are needed, or none are left. */
  #next(bytes: Buffer, from: number): { readonly end: number; readonly piece: DumpPiece | null } | null {
    if (this.#rows !== null) return from === bytes.length ? null : this.#nextRows(bytes, from, this.#rows);
    let at = from;
    while (at < bytes.length && (bytes[at] ?? 0) <= SPACE) at += 1;
    if (at === bytes.length) return at === from ? null : { end: at, piece: null };
    this.#hasEndMarker &&= isComment(bytes, at);
    if (isComment(bytes, at) || startsWith(bytes, at, DELIMITER)) {
      const end = bytes.indexOf(NEWLINE, at) + 1;
      if (end === 0) return null;
      this.#takeLine(bytes.toString('latin1', at, end - 1));
      return { end, piece: null };
    }
    return this.#nextInsert(bytes, at) ?? this.#nextStatement(bytes, at);
  }

  #takeLine(line: string): void {
    if (line.startsWith('DELIMITER ')) this.#delimiter = Buffer.from(line.slice(DELIMITER.length).trim(), 'latin1');
    else this.#hasEndMarker = line.startsWith(END_MARKER);
  }

  #nextStatement(bytes: Buffer, from: number): { readonly end: number; readonly piece: DumpPiece } | null {
    const rules = { delimiter: this.#delimiter, hasEscapes: this.#hasEscapes };
    const end = findStatementEnd(bytes, from, rules);
    if (end < 0) return null;
    const text = bytes.subarray(from, end);
    const [, modes] = /^\/\*!50003 SET sql_mode += (.*) \*\/ ?$/s.exec(text.toString('latin1', 0, 1024)) ?? [];
    if (modes !== undefined) this.#hasEscapes = !modes.includes('NO_BACKSLASH_ESCAPES');
    return { end: end + this.#delimiter.length, piece: { kind: 'statement', text } };
  }

  #nextInsert(bytes: Buffer, from: number): { readonly end: number; readonly piece: DumpPiece } | null {
    if (!INSERT.test(bytes.toString('latin1', from, from + INSERT_BYTES))) return null;
    const [nameFrom, values] = [bytes.indexOf(BACKTICK, from), findValues(bytes, from)];
    const end = values + VALUES.length + 1;
    if (values < 0 || end > bytes.length) return null;
    this.#rows = bytes[end - 1] === NEWLINE ? new RowLines() : new RowBrackets();
    const table = bytes.toString('utf8', nameFrom + 1, findNameEnd(bytes, nameFrom)).replaceAll('``', '`');
    return { end, piece: { kind: 'insert', text: bytes.subarray(from, end), table } };
  }

  #nextRows(bytes: Buffer, from: number, rows: InsertedRows): { readonly end: number; readonly piece: DumpPiece } {
    const before = rows.count;
    const found = rows.read(bytes, from);
    if (found >= 0) this.#rows = null;
    const end = found < 0 ? bytes.length : found;
    return { end, piece: { kind: 'rows', text: bytes.subarray(from, end), count: rows.count - before } };
  }
}

function isComment(bytes: Buffer, at: number): boolean {
  return startsWith(bytes, at, COMMENT) || startsWith(bytes, at, SANDBOX);
}

function startsWith(bytes: Buffer, at: number, beginning: Buffer): boolean {
  return bytes.subarray(at, at + beginning.length).equals(beginning);
}

/** Where the rows of an INSERT are announced; -1 when that is still to come. */
function findValues(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    if (bytes[at] === BACKTICK) at = findNameEnd(bytes, at);
    else if (startsWith(bytes, at, VALUES)) return at;
  }
  return -1;
}

/** Where the backtick stands that ends a name. */
function findNameEnd(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] !== BACKTICK) continue;
    if (bytes[at + 1] !== BACKTICK) return at;
    at += 1;
  }
  return Infinity;
}

import { DumpReader } from './dump-reader.js';
import type { DumpPiece } from './dump-reader.js';
import { toNamelessTrigger, withOwnSequences } from './own-names.js';

/** Of a statement; more than the words take by which it is known. */
const BEGINNING_BYTES = 1024;
const NEWLINE = Buffer.from(';\n');
/** What tells what a statement is for, behind the version from which on a server runs it. */
const VERSION = /^\/\*M?!\d+ /;
const SESSION = /^(SET|ALTER DATABASE) /;
const TABLES = /^(CREATE|DROP) (TABLE|SEQUENCE) /;
const CODE = /^(CREATE|DROP)\b/;
/** What is loaded into is nobody else's; a default that takes the next value of a sequence fails under a lock. */
const LOCK = /^(LOCK TABLES |UNLOCK TABLES)/;
const EVENT = /^\/\*!50106 (CREATE\*|DROP EVENT )/;
const TRIGGER = /^\/\*!50003 CREATE\*\/ .*\/\*!50003 TRIGGER /s;

/** Whether a statement of the code says only how those behind it are read. */
export function isSessionStatement(statement: Buffer): boolean {
  return SESSION.test(statement.toString('latin1', 0, BEGINNING_BYTES).replace(VERSION, ''));
}

/**
 * Takes a dump apart into what makes its tables and what makes all else. All else names tables, of which some may be
 * named with their database, and events run as soon as they are there: it is for the database that has its own name.
 */
export class DumpParts {
  readonly #reader = new DumpReader();
  readonly #code: Buffer[] = [];
  readonly #events: Buffer[] = [];
  readonly #sequences = new Set<string>();
  #statementBytes = 0;
  #largestBytes = 0;

  /** Whether the dump has come to its end. */
  get isWhole(): boolean {
    return this.#reader.isWhole;
  }

  /** Of the largest INSERT so far. */
  get largestBytes(): number {
    return this.#largestBytes;
  }

  /** The statements that make triggers, views, routines and, behind all of them, events. Each ends in no delimiter. */
  get code(): readonly Buffer[] {
    return [...this.#code, ...this.#events];
  }

  /** @returns the statements that make the tables, as a client program takes them */
  take(chunk: Uint8Array): Buffer {
    return this.#takeAll(this.#reader.read(chunk));
  }

  end(): Buffer {
    return this.#takeAll(this.#reader.end());
  }

  #takeAll(pieces: Iterable<DumpPiece>): Buffer {
    const forTables: Buffer[] = [];
    for (const piece of pieces) {
      if (piece.kind === 'statement') forTables.push(...this.#takeStatement(piece.text));
      else forTables.push(piece.text);
      if (piece.kind === 'insert') this.#statementBytes = 0;
      this.#statementBytes += piece.text.length;
      this.#largestBytes = Math.max(this.#largestBytes, this.#statementBytes);
    }
    return Buffer.concat(forTables);
  }

  #takeStatement(text: Buffer): readonly Buffer[] {
    const beginning = text.toString('latin1', 0, BEGINNING_BYTES);
    const words = beginning.replace(VERSION, '');
    if (SESSION.test(words)) {
      this.#code.push(Buffer.from(text));
      this.#events.push(Buffer.from(text));
      return [text, NEWLINE];
    }
    if (TABLES.test(words)) return [this.#withOwnSequences(text, words), NEWLINE];
    if (LOCK.test(words)) return [];
    if (EVENT.test(beginning)) this.#events.push(Buffer.from(text));
    else if (TRIGGER.test(beginning)) this.#code.push(toNamelessTrigger(text));
    else if (CODE.test(words)) this.#code.push(Buffer.from(text));
    else return [text, NEWLINE];
    return [];
  }

  /** A default that takes the next value of a sequence names it with its database. */
  #withOwnSequences(text: Buffer, words: string): Buffer {
    if (words.startsWith('CREATE SEQUENCE ')) this.#sequences.add(/`(?:[^`]|``)+`/.exec(words)?.[0] ?? '');
    return words.startsWith('CREATE TABLE ') ? withOwnSequences(text, this.#sequences) : text;
  }
}

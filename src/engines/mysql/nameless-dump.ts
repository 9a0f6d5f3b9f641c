import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { quoteName } from './quote.js';

const NEWLINE = 10;
/** More than a line takes that the tool writes before or behind one of those statements. */
const CONTEXT_BYTES = 256;
/** What follows the needle in a statement of the tool's own; behind events it ends with two semicolons. */
const REST = /^\w+ COLLATE \w+ ;{1,2}\n/;
/** The line before the statement that takes the character set back. */
const LINE_BEFORE = /\n\/\*!50003 SET collation_connection +=\s@saved_col_connection \*\/ ;{1,2}$/;
/** How the line behind the statement begins that sets the character set. */
const LINE_BEHIND = '/*!50003 SET @saved_cs_client ';

/**
 * Takes the name of the database out of the statements with which a dump sets its character set for a while, around
 * routines that were made under another one: by name they would change the source, wherever the dump is restored. Bodies
 * of routines hold line breaks, and may hold such a statement: the tool's own are known by the lines around them.
 */
export class NamelessDump extends Transform {
  readonly #onChunk: (chunk: Buffer) => void;
  readonly #needle: Buffer;
  readonly #replacement = Buffer.from('\nALTER DATABASE CHARACTER SET ');
  /** What may be the beginning of a statement, or one whose next line is still to come. */
  #held: Buffer = Buffer.alloc(0);
  /** The last of what comes before that. */
  #before: Buffer = Buffer.alloc(0);

  /** @param onChunk sees what comes in; it must not throw */
  constructor(database: string, onChunk: (chunk: Buffer) => void = (): void => undefined) {
    super();
    this.#onChunk = onChunk;
    this.#needle = Buffer.from(`\nALTER DATABASE ${quoteName(database)} CHARACTER SET `);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#onChunk(chunk);
    this.#pass(this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]), false);
    done();
  }

  override _flush(done: TransformCallback): void {
    this.#pass(this.#held, true);
    done();
  }

  #pass(bytes: Buffer, isLast: boolean): void {
    const needle = this.#needle;
    let start = 0;
    let end = isLast ? bytes.length : this.#findOpenEnd(bytes);
    for (let at = bytes.indexOf(needle); at >= 0; at = bytes.indexOf(needle, at + 1)) {
      if (!isLast && bytes.length < at + needle.length + CONTEXT_BYTES) {
        end = at;
        break;
      }
      if (!this.#isOfTool(bytes, at)) continue;
      this.push(bytes.subarray(start, at));
      this.push(this.#replacement);
      start = at + needle.length;
    }
    if (end > start) this.push(bytes.subarray(start, end));
    this.#before = this.#upTo(bytes, end);
    this.#held = Buffer.from(bytes.subarray(end));
  }

  #isOfTool(bytes: Buffer, at: number): boolean {
    const from = at + this.#needle.length;
    const behind = bytes.subarray(from, from + CONTEXT_BYTES).toString('latin1');
    const rest = REST.exec(behind)?.[0];
    if (rest === undefined) return false;
    return behind.startsWith(LINE_BEHIND, rest.length) || LINE_BEFORE.test(this.#upTo(bytes, at).toString('latin1'));
  }

  /** A copy of the last bytes before a place. */
  #upTo(bytes: Buffer, end: number): Buffer {
    if (end >= CONTEXT_BYTES) return Buffer.from(bytes.subarray(end - CONTEXT_BYTES, end));
    return Buffer.from(Buffer.concat([this.#before, bytes.subarray(0, end)]).subarray(-CONTEXT_BYTES));
  }

  /** Where a needle may begin that goes on in the next chunk; the end of the bytes when none does. */
  #findOpenEnd(bytes: Buffer): number {
    let at = bytes.indexOf(NEWLINE, Math.max(0, bytes.length - this.#needle.length + 1));
    while (at >= 0) {
      if (bytes.subarray(at).equals(this.#needle.subarray(0, bytes.length - at))) return at;
      at = bytes.indexOf(NEWLINE, at + 1);
    }
    return bytes.length;
  }
}

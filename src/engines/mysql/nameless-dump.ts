import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';
import { quoteName } from './quote.js';

const NEWLINE = 10;

/**
 * Takes the name of the database out of the statements with which a dump sets its character set for a while, around
 * routines that were made under another one: by name they would change the source, wherever the dump is restored. Line
 * breaks in data are escaped, so that only statements begin a line.
 */
export class NamelessDump extends Transform {
  readonly #needle: Buffer;
  readonly #replacement = Buffer.from('\nALTER DATABASE CHARACTER SET ');
  /** What may be the beginning of a needle. */
  #held = Buffer.alloc(0);

  constructor(database: string) {
    super();
    this.#needle = Buffer.from(`\nALTER DATABASE ${quoteName(database)} CHARACTER SET `);
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    let start = 0;
    for (let at = bytes.indexOf(this.#needle); at >= 0; at = bytes.indexOf(this.#needle, start)) {
      this.push(bytes.subarray(start, at));
      this.push(this.#replacement);
      start = at + this.#needle.length;
    }
    const end = this.#findOpenEnd(bytes, start);
    if (end > start) this.push(bytes.subarray(start, end));
    this.#held = Buffer.from(bytes.subarray(end));
    done();
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#held);
  }

  /** Where a needle may begin that goes on in the next chunk; the end of the bytes when none does. */
  #findOpenEnd(bytes: Buffer, start: number): number {
    let at = bytes.indexOf(NEWLINE, Math.max(start, bytes.length - this.#needle.length + 1));
    while (at >= 0) {
      if (bytes.subarray(at).equals(this.#needle.subarray(0, bytes.length - at))) return at;
      at = bytes.indexOf(NEWLINE, at + 1);
    }
    return bytes.length;
  }
}

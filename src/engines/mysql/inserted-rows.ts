const [BACKSLASH, NEWLINE, SEMICOLON, QUOTE, OPENING] = [92, 10, 59, 39, 40];

/** Counts the rows of one INSERT while it passes, up to its end. */
export interface InsertedRows {
  /** Rows that were counted so far. */
  readonly count: number;
  /** Reads on. @returns the offset behind the statement, -1 when it goes on in the next bytes */
  read(bytes: Buffer, from: number): number;
}

/** Each row on a line of its own: a line break in a text is escaped. */
export class RowLines implements InsertedRows {
  count = 0;
  /** What the last bytes ended with. */
  #last = 0;

  read(bytes: Buffer, from: number): number {
    for (let at = bytes.indexOf(NEWLINE, from); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) {
      this.count += 1;
      if ((at > from ? bytes[at - 1] : this.#last) === SEMICOLON) return at + 1;
    }
    this.#last = bytes.at(-1) ?? 0;
    return -1;
  }
}

/** All rows on one line: they are known by their brackets, which stand in texts, too. */
export class RowBrackets implements InsertedRows {
  count = 0;
  #isText = false;
  #isEscaped = false;

  read(bytes: Buffer, from: number): number {
    let at = from;
    while (at < bytes.length) {
      if (this.#isText) at = this.#endOfText(bytes, at);
      if (at >= bytes.length) break;
      const byte = bytes[at];
      at += 1;
      if (byte === QUOTE) this.#isText = true;
      else if (byte === OPENING) this.count += 1;
      else if (byte === SEMICOLON) return at;
    }
    return -1;
  }

  #endOfText(bytes: Buffer, from: number): number {
    let at = this.#isEscaped ? from + 1 : from;
    this.#isEscaped = false;
    for (; at < bytes.length; at += 1) {
      if (bytes[at] === BACKSLASH) {
        at += 1;
        this.#isEscaped = at === bytes.length;
      } else if (bytes[at] === QUOTE) {
        this.#isText = false;
        return at + 1;
      }
    }
    return at;
  }
}

const [BACKSLASH, DASH, NEWLINE, SLASH, STAR, HASH, BANG, SPACE, LETTER_M] = [92, 45, 10, 47, 42, 35, 33, 32, 77];
const [SINGLE_QUOTE, DOUBLE_QUOTE, BACKTICK] = [39, 34, 96];

export interface StatementRules {
  /** What a statement ends with. */
  readonly delimiter: Buffer;
  /** Whether a backslash escapes in a text: not with sql_mode NO_BACKSLASH_ESCAPES. */
  readonly hasEscapes: boolean;
}

/**
 * Where the delimiter stands that ends a statement, read as the client programs do: not in texts, names and comments.
 * @returns -1 when the bytes end before
 */
export function findStatementEnd(bytes: Buffer, from: number, { delimiter, hasEscapes }: StatementRules): number {
  const first = delimiter[0];
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === first && bytes.subarray(at, at + delimiter.length).equals(delimiter)) return at;
    if (byte === SINGLE_QUOTE || byte === DOUBLE_QUOTE || byte === BACKTICK) {
      at = findQuoteEnd(bytes, at, hasEscapes && byte !== BACKTICK);
    } else if (byte === HASH || isDashComment(bytes, at)) {
      at = orNowhere(bytes.indexOf(NEWLINE, at));
    } else if (isBlockComment(bytes, at)) {
      at = orNowhere(bytes.indexOf('*/', at + 2)) + 1;
    }
  }
  return -1;
}

/** Where the quote stands that ends a text or a name; one that is doubled ends it and begins it anew. */
function findQuoteEnd(bytes: Buffer, from: number, hasEscapes: boolean): number {
  const quote = bytes[from];
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (hasEscapes && bytes[at] === BACKSLASH) at += 1;
    else if (bytes[at] === quote) return at;
  }
  return Infinity;
}

function isDashComment(bytes: Buffer, at: number): boolean {
  return bytes[at] === DASH && bytes[at + 1] === DASH && (bytes[at + 2] ?? 0) <= SPACE;
}

/** What stands in a comment with an exclamation mark is run. */
function isBlockComment(bytes: Buffer, at: number): boolean {
  if (bytes[at] !== SLASH || bytes[at + 1] !== STAR) return false;
  return bytes[at + 2] !== BANG && !(bytes[at + 2] === LETTER_M && bytes[at + 3] === BANG);
}

function orNowhere(at: number): number {
  return at < 0 ? Infinity : at;
}

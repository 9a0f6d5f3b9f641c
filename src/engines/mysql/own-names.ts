/** Bytes of a dump are read as latin1, which keeps every one: its statements may be of more than one character set. */
const LATIN1 = 'latin1';

const SPACE = String.raw`(?:\s|/\*(?!!).*?\*/|--[ \t].*?\n|#.*?\n)`;
const NAME = '(?:`(?:[^`]|``)+`|"(?:[^"]|"")+"|[\\w$\\x80-\\xff]+)';
const QUALIFIER = `(?:${NAME}${SPACE}*\\.${SPACE}*)?`;
const HEADER = new RegExp(
  `^(/\\*!50003 CREATE\\*/ .*?/\\*!50003 TRIGGER${SPACE}+(?:IF${SPACE}+NOT${SPACE}+EXISTS${SPACE}+)?)${QUALIFIER}` +
    `(${NAME}${SPACE}+(?:BEFORE|AFTER)${SPACE}+[^;]*?${SPACE}ON${SPACE}+)${QUALIFIER}(${NAME}${SPACE}+FOR${SPACE}+EACH${SPACE})`,
  'is',
);

/**
 * A trigger as it was written may name itself and its table with their database, which is that of the dump. In another
 * one it must not: its table would be looked for in the first.
 */
export function toNamelessTrigger(statement: Buffer): Buffer {
  return Buffer.from(statement.toString(LATIN1).replace(HEADER, '$1$2$3'), LATIN1);
}

const TEXT = String.raw`'(?:[^'\\]|\\.|'')*'`;
const SEQUENCE_CALL = new RegExp(
  `${TEXT}|\\b(nextval|lastval)\\(${NAME}\\.(\`(?:[^\`]|\`\`)+\`)|\`(?:[^\`]|\`\`)*\``,
  'gis',
);

/** @param sequences quoted names of those of the same database, which then need no database before them */
export function withOwnSequences(statement: Buffer, sequences: ReadonlySet<string>): Buffer {
  if (sequences.size === 0) return statement;
  const text = statement.toString(LATIN1);
  const changed = text.replaceAll(SEQUENCE_CALL, (match, call: string | undefined, sequence: string | undefined) =>
    call === undefined || sequence === undefined || !sequences.has(sequence) ? match : `${call}(${sequence}`,
  );
  return changed === text ? statement : Buffer.from(changed, LATIN1);
}

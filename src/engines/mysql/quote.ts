/** An identifier as a statement takes it. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A database as a GRANT takes it, where a percent sign and an underscore would stand for other characters. */
export function quotePattern(name: string): string {
  return quoteName(name.replaceAll(/[\\%_]/g, '\\$&'));
}

/** A text in an option file of the client programs. */
export function quoteOption(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\b': '\\b' };
  return `"${text.replaceAll(/[\\"'\n\r\t\b]/g, (character) => escapes[character] ?? `\\${character}`)}"`;
}

/** A text as a statement takes it, on one line, where a backslash escapes. */
export function quoteText(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\0': '\\0' };
  return `'${text.replaceAll(/[\\'\n\r\0]/g, (character) => escapes[character] ?? `\\${character}`)}'`;
}

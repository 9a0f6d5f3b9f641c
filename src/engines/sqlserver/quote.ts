/** As QUOTENAME does: every legal name is one identifier, whatever it holds. */
export function quoteIdentifier(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

/** A Unicode literal: without its prefix the server would squeeze the text into the code page of the database. */
export function quoteText(text: string): string {
  return `N'${text.replaceAll("'", "''")}'`;
}

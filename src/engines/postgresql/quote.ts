export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value in a connection string of libpq (its manual, "Keyword/Value Connection Strings"). */
export function quoteConninfo(value: string): string {
  return `'${value.replaceAll(/[\\']/g, '\\$&')}'`;
}

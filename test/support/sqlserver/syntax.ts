/** `[a]]b]` in a pattern: group 1 is what is between the brackets. */
export const IDENTIFIER = String.raw`\[((?:[^\]]|\]\])+)\]`;
/** `N'it''s'` in a pattern. */
export const TEXT = String.raw`N'((?:[^']|'')*)'`;

export function unquoteIdentifier(text: string): string {
  return text.replaceAll(']]', ']');
}

export function unquoteText(text: string): string {
  return text.replaceAll("''", "'");
}

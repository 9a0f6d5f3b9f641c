import type { Row } from './scenario.js';

const HEAD = ['scenario', 'what', 'measured', 'reference', 'ratio', 'goal', 'met'];

/** @param rows with the name of the scenario that they come from */
export function renderTable(rows: readonly (readonly [scenario: string, row: Row])[]): string {
  const cells = rows.map(([scenario, row]) => [
    scenario,
    row.what,
    row.measured,
    row.reference ?? '',
    row.ratio === undefined ? '' : `${row.ratio.toFixed(2)} x`,
    row.goal ?? '',
    row.isMet === undefined ? '' : row.isMet ? 'met' : 'NOT MET',
  ]);
  const widths = HEAD.map((head, column) => Math.max(head.length, ...cells.map((line) => line[column]?.length ?? 0)));
  const toLine = (line: readonly string[]): string =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('-|-');
  return [toLine(HEAD), rule, ...cells.map(toLine)].join('\n');
}

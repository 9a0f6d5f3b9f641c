import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { decodeCursor, encodeCursor, OrderDirection } from '../domain/page.js';
import type { Page, PageRequest, Position } from '../domain/page.js';

/** A column that a list can be sorted by. Ties are broken by the id, in the same direction. */
export interface SortKey<Row> {
  /** Column in the table. */
  readonly column: string;
  readonly type: 'string' | 'number';
  readonly valueOf: (row: Row) => string | number;
}

/**
 * Restricts a query to one page: the rows after the cursor, in order, and one more that tells whether another page
 * follows. The comparison of the pair can use an index on it, so a far page costs what the first one costs.
 */
export function applyKeyset<Row extends ObjectLiteral, Field extends string>(
  query: SelectQueryBuilder<Row>,
  sortKey: SortKey<Row>,
  request: Pick<PageRequest<unknown, Field>, 'first' | 'after' | 'orderBy'>,
): void {
  const { alias } = query;
  const { direction } = request.orderBy;
  if (request.after !== null) {
    const position: Position = decodeCursor(request.orderBy, request.after, sortKey.type);
    const comparison = direction === OrderDirection.ASC ? '>' : '<';
    query.andWhere(`(${alias}.${sortKey.column}, ${alias}.id) ${comparison} (:afterKey, :afterId)`, {
      afterKey: withoutNul(position.key),
      afterId: withoutNul(position.id),
    });
  }
  query
    .orderBy(`${alias}.${sortKey.column}`, direction)
    .addOrderBy(`${alias}.id`, direction)
    .limit(request.first + 1);
}

interface PageParts<Row, T, Field extends string> {
  readonly sortKey: SortKey<Row>;
  readonly request: Pick<PageRequest<unknown, Field>, 'first' | 'orderBy'>;
  readonly toNode: (row: Row) => T;
}

export function toPage<Row extends { id: string | number }, T, Field extends string>(
  rows: readonly Row[],
  { sortKey, request, toNode }: PageParts<Row, T, Field>,
): Page<T> {
  const items = rows.slice(0, request.first).map((row) => ({
    cursor: encodeCursor(request.orderBy, { key: sortKey.valueOf(row), id: String(row.id) }),
    node: toNode(row),
  }));
  return { items, hasNextPage: rows.length > request.first };
}

/** `LIKE` pattern for "anywhere in the text", with the user's own wildcards taken literally. */
export function containsPattern(text: string): string {
  return `%${withoutNul(text.toLowerCase()).replace(/[\\%_]/g, '\\$&')}%`;
}

/** PostgreSQL refuses a NUL in a text; no stored text holds one, so one that asks for it must find nothing. */
export function withoutNul<T extends string | number>(value: T): T | string {
  return typeof value === 'string' ? value.replaceAll('\0', '\uFFFD') : value;
}

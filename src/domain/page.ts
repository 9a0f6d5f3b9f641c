import { badUserInput } from './errors.js';

export enum OrderDirection {
  ASC = 'ASC',
  DESC = 'DESC',
}

export const DEFAULT_PAGE_SIZE = 20;
export const MAX_PAGE_SIZE = 100;

/** One page, forward, by keyset: the cost of a page does not grow with its distance from the first. */
export interface PageRequest<Filter, Field extends string> {
  /** 1 to 100. */
  readonly first: number;
  /** Opaque cursor of the last item of the page before. */
  readonly after: string | null;
  readonly filter: Filter;
  readonly orderBy: Order<Field>;
}

export interface Order<Field extends string> {
  readonly field: Field;
  readonly direction: OrderDirection;
}

export interface PageItem<T> {
  readonly cursor: string;
  readonly node: T;
}

export interface Page<T> {
  readonly items: readonly PageItem<T>[];
  readonly hasNextPage: boolean;
}

/** Where an item stands in an order: the sorted field's value, then the id that breaks ties. */
export interface Position {
  readonly key: string | number;
  readonly id: string;
}

/** The cursor names its order, because a position means nothing in another one. */
export function encodeCursor<Field extends string>(order: Order<Field>, position: Position): string {
  const json = JSON.stringify([order.field, order.direction, position.key, position.id]);
  return Buffer.from(json, 'utf8').toString('base64url');
}

/** @throws DomainError BAD_USER_INPUT when the cursor is not one of ours, or belongs to another order. */
export function decodeCursor<Field extends string>(
  order: Order<Field>,
  cursor: string,
  keyType: 'string' | 'number',
): Position {
  const parts = parseCursor(cursor);
  if (parts === null || typeof parts[2] !== keyType) {
    throw badUserInput(
      'after',
      'cursor',
      'The cursor is not one that this server gave. Pass the endCursor of the page before, unchanged.',
    );
  }
  const [field, direction, key, id] = parts;
  const expected: readonly string[] = [order.field, order.direction];
  if (field !== expected[0] || direction !== expected[1]) {
    throw badUserInput(
      'after',
      'cursor',
      'The cursor belongs to another orderBy. Keep orderBy the same from page to page.',
    );
  }
  return { key, id };
}

type CursorParts = readonly [field: string, direction: string, key: string | number, id: string];

function parseCursor(cursor: string): CursorParts | null {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [field, direction, key, id] = value as readonly unknown[];
  const isKey = typeof key === 'string' || Number.isSafeInteger(key);
  if (typeof field !== 'string' || typeof direction !== 'string' || !isKey || typeof id !== 'string') return null;
  return [field, direction, key as string | number, id];
}

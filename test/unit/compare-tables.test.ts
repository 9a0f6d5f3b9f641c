import { expect, test } from 'vitest';
import { compareTables, describeTables } from '../../src/services/compare-tables.js';

const items = { name: 'items', rows: 3 };
const orders = { name: 'orders', rows: 5 };

test('finds no difference between the same tables, whatever their order', () => {
  expect(compareTables([items, orders], [orders, items])).toBeNull();
  expect(compareTables([], [])).toBeNull();
});

test.each([
  ['a missing table', [items, orders], [items], 'table orders is missing'],
  ['a table too many', [items], [items, orders], 'table orders was not there'],
  ['other rows', [items], [{ ...items, rows: 2 }], 'table items has 2 rows and had 3'],
  ['rows that are gone', [items], [{ ...items, rows: 0 }], 'table items has 0 rows and had 3'],
  ['rows that were none', [{ ...items, rows: 0 }], [items], 'table items has 3 rows and had 0'],
  [
    'rows not to be counted',
    [items],
    [{ ...items, rows: null }],
    'table items has an unknown number of rows and had 3',
  ],
] as const)('names %s', (...[, recorded, found, expected]) => {
  expect(compareTables(recorded, found)).toBe(expected);
});

test('does not compare rows that were not counted when the backup was taken', () => {
  expect(compareTables([{ name: 'items', rows: null }], [items])).toBeNull();
});

test('names three differences, and how many more there are', () => {
  const tables = ['a', 'b', 'c', 'd', 'e'].map((name) => ({ name, rows: 1 }));

  expect(compareTables(tables, [])).toBe('table a is missing; table b is missing; table c is missing; and 2 more');
  expect(compareTables(tables.slice(0, 3), [])).toBe('table a is missing; table b is missing; table c is missing');
});

test('takes names for names, also those of every object', () => {
  const odd = ['__proto__', 'constructor', 'toString'].map((name) => ({ name, rows: 1 }));

  expect(compareTables(odd, odd)).toBeNull();
  expect(compareTables(odd, [])).toContain('table __proto__ is missing');
});

test('describes what was found', () => {
  expect(describeTables([items, orders])).toBe('2 tables, 8 rows, all as recorded');
  expect(describeTables([items, { name: 'views', rows: null }])).toBe(
    '2 tables, 3 rows, all as recorded; of 1 table the rows had not been counted',
  );
  expect(describeTables([{ name: 'views', rows: null }])).toBe(
    '1 table, all as recorded, of which the rows could not be counted when the backup was taken',
  );
});

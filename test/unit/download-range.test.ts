import { expect, test } from 'vitest';
import { parseRange } from '../../src/http/download-range.js';

test.each([
  ['bytes=0-0', 100, { start: 0, end: 0 }],
  ['bytes=10-', 100, { start: 10, end: 99 }],
  ['bytes=10-19', 100, { start: 10, end: 19 }],
  ['bytes=10-1000', 100, { start: 10, end: 99 }],
  ['bytes=-5', 100, { start: 95, end: 99 }],
  ['bytes=-500', 100, { start: 0, end: 99 }],
  ['bytes=100-', 100, 'unsatisfiable'],
  ['bytes=-0', 100, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=-1', 0, 'unsatisfiable'],
])('reads %s of %i bytes', (header, size, range) => {
  expect(parseRange(header, size)).toEqual(range);
});

test.each([undefined, '', 'bytes=', 'bytes=-', 'bytes=5-2', 'bytes=0-1,5-6', 'rows=0-1', 'bytes=a-b', 'bytes= 0-1'])(
  'takes %s for the whole',
  (header) => {
    expect(parseRange(header, 100)).toBeNull();
  },
);

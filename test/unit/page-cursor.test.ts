import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DomainError } from '../../src/domain/errors.js';
import { decodeCursor, encodeCursor, OrderDirection } from '../../src/domain/page.js';
import type { Order } from '../../src/domain/page.js';

const order = fc.record({
  field: fc.constantFrom('NAME', 'STARTED_AT'),
  direction: fc.constantFrom(OrderDirection.ASC, OrderDirection.DESC),
});
const wellFormed = fc.string({ unit: 'grapheme' }).filter((text) => !/\p{Surrogate}/u.test(text));
const key = fc.oneof(wellFormed, fc.maxSafeInteger());

function keyTypeOf(value: string | number): 'string' | 'number' {
  return typeof value === 'string' ? 'string' : 'number';
}

function decodingFault(of: Order<string>, cursor: string, keyType: 'string' | 'number'): unknown {
  try {
    return decodeCursor(of, cursor, keyType);
  } catch (error) {
    return error;
  }
}

function expectBadCursor(fault: unknown): void {
  expect(fault).toBeInstanceOf(DomainError);
  expect(fault).toMatchObject({ code: 'BAD_USER_INPUT', details: { fields: [{ path: 'after', rule: 'cursor' }] } });
}

describe('a page cursor', () => {
  test('gives back the position that it was made of', () => {
    fc.assert(
      fc.property(order, key, wellFormed, (of, positionKey, id) => {
        const position = { key: positionKey, id };
        expect(decodeCursor(of, encodeCursor(of, position), keyTypeOf(positionKey))).toEqual(position);
      }),
    );
  });

  test('is made of characters that need no escaping in a URL or in JSON', () => {
    fc.assert(
      fc.property(order, key, wellFormed, (of, positionKey, id) => {
        expect(encodeCursor(of, { key: positionKey, id })).toMatch(/^[\w-]+$/);
      }),
    );
  });

  test('is refused in another order', () => {
    fc.assert(
      fc.property(order, order, key, (of, other, positionKey) => {
        fc.pre(of.field !== other.field || of.direction !== other.direction);
        const cursor = encodeCursor(of, { key: positionKey, id: 'id' });
        expectBadCursor(decodingFault(other, cursor, keyTypeOf(positionKey)));
      }),
    );
  });

  test('is refused when its key is of another type than the column', () => {
    const of: Order<string> = { field: 'NAME', direction: OrderDirection.ASC };
    expectBadCursor(decodingFault(of, encodeCursor(of, { key: 1, id: 'x' }), 'string'));
    expectBadCursor(decodingFault(of, encodeCursor(of, { key: 'a', id: 'x' }), 'number'));
  });

  test('is refused, whatever text somebody makes up', () => {
    fc.assert(
      fc.property(
        order,
        fc.string({ unit: 'binary' }),
        fc.constantFrom('string' as const, 'number' as const),
        (of, text, type) => {
          expectBadCursor(decodingFault(of, text, type));
        },
      ),
    );
  });

  test('is refused, whatever JSON somebody wraps up', () => {
    const values = fc.oneof(
      fc.json(),
      fc.json().map((json) => `["NAME","ASC",${json},"id"]`),
    );
    fc.assert(
      fc.property(values, (json) => {
        const parsed = JSON.parse(json) as unknown;
        fc.pre(
          !(
            Array.isArray(parsed) &&
            parsed.length === 4 &&
            typeof parsed[2] === 'number' &&
            Number.isSafeInteger(parsed[2])
          ),
        );
        const cursor = Buffer.from(json).toString('base64url');
        expectBadCursor(decodingFault({ field: 'NAME', direction: OrderDirection.ASC }, cursor, 'number'));
      }),
    );
  });

  test.each(['1.5', '1e300', '9007199254740993', 'null', '[]', '{}'])('is refused with the key %s', (json) => {
    const cursor = Buffer.from(`["STARTED_AT","ASC",${json},"id"]`).toString('base64url');
    expectBadCursor(decodingFault({ field: 'STARTED_AT', direction: OrderDirection.ASC }, cursor, 'number'));
  });
});

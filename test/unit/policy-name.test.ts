import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Engine } from '../../src/domain/instance.js';
import { BACKUP_NAME, INSTANCE_NAME } from '../../src/domain/naming.js';
import { toAutomatedName } from '../../src/services/automated-name.js';

const AT = new Date('2026-03-01T02:03:04.005Z');

test('an automated backup is named after its engine, its instance and its moment', () => {
  expect(toAutomatedName({ engine: Engine.POSTGRESQL, name: 'shop' }, AT)).toBe('postgresql-shop-20260301020304005');
});

test('a long instance name is cut, the rest is not', () => {
  const name = toAutomatedName({ engine: Engine.SQLSERVER, name: `a${'b'.repeat(63)}` }, AT);

  expect(name).toMatch(/^sqlserver-ab+-20260301020304005$/);
  expect(name).toHaveLength(64);
});

test('the name is valid for any instance', () => {
  const instance = fc.record({
    engine: fc.constantFrom(...Object.values(Engine)),
    name: fc.stringMatching(INSTANCE_NAME.pattern),
  });
  fc.assert(
    fc.property(instance, (each) => {
      expect(toAutomatedName(each, AT)).toMatch(BACKUP_NAME.pattern);
    }),
  );
});

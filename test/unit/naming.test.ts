import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BACKUP_DESCRIPTION, BACKUP_NAME, INSTANCE_NAME, PROJECT_NAME, REGION_NAME } from '../../src/domain/naming.js';

function oneOf(characters: string): fc.Arbitrary<string> {
  return fc.constantFrom(...characters.split(''));
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const NAME_CHARACTERS = `${LETTERS}0123456789-_`;

const letter = oneOf(LETTERS);
const nameCharacter = oneOf(NAME_CHARACTERS);
const tail = (min: number, max: number): fc.Arbitrary<string> =>
  fc.string({ unit: nameCharacter, minLength: min, maxLength: max });
const stranger = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 1 })
  .filter((text) => !NAME_CHARACTERS.includes(text));

describe.each([
  ['backup name', BACKUP_NAME],
  ['instance name', INSTANCE_NAME],
])('the rule of a %s', (noun, { pattern, sentence }) => {
  test('takes every letter followed by 3 to 63 letters, digits, hyphens and underscores', () => {
    fc.assert(fc.property(letter, tail(3, 63), (first, rest) => pattern.test(first + rest)));
  });

  test.each([
    [0, false],
    [1, false],
    [3, false],
    [4, true],
    [64, true],
    [65, false],
    [1000, false],
  ])('a name of %i characters: %s', (length, isGood) => {
    expect(pattern.test('a'.repeat(length))).toBe(isGood);
  });

  test('refuses every name that does not start with a letter', () => {
    fc.assert(fc.property(oneOf('0123456789-_'), tail(3, 63), (first, rest) => !pattern.test(first + rest)));
  });

  test('refuses every name that holds another character, wherever it stands', () => {
    fc.assert(
      fc.property(fc.tuple(letter, tail(2, 30), stranger, tail(2, 30)), (parts) => !pattern.test(parts.join(''))),
    );
  });

  test.each([
    'name\n',
    '\nname',
    'na me',
    'n\u00e4me',
    '\uff4e\uff41\uff4d\uff45',
    'name.',
    'na/me',
    'name\0',
    '\u017fame',
    '\u212ailo',
  ])('refuses %j', (name) => {
    expect(pattern.test(name)).toBe(false);
  });

  test('is said in a sentence about the name it is for', () => {
    expect(sentence).toContain(`The ${noun} must consist of 4 to 64 characters`);
  });
});

describe('the rule of a description', () => {
  const { pattern } = BACKUP_DESCRIPTION;
  const FORBIDDEN = ['>', '!', '<', '"', '&', "'", '=', '\r', '\n', '\0'];
  const allowed = fc
    .string({ unit: 'binary', minLength: 1, maxLength: 1 })
    .filter((character) => !FORBIDDEN.includes(character));

  test('takes up to 256 of any other characters', () => {
    fc.assert(fc.property(fc.array(allowed, { maxLength: 256 }), (characters) => pattern.test(characters.join(''))));
  });

  test.each([
    ['letters', 'a'],
    ['letters of three bytes', '界'],
    ['emoji of two UTF-16 units', '😀'],
  ])('counts code points, of %s: 256 pass and 257 do not', (_kind, character) => {
    expect(pattern.test(character.repeat(256))).toBe(true);
    expect(pattern.test(character.repeat(257))).toBe(false);
  });

  test.each(FORBIDDEN)('refuses %j anywhere in it', (character) => {
    for (const text of [character, `${character}abc`, `ab${character}c`, `abc${character}`]) {
      expect(pattern.test(text)).toBe(false);
    }
  });

  test.each(['', ' ', 'before the move, see #12; 50 % off', 'tab\there', '、。', '\u2028'])('takes %j', (text) => {
    expect(pattern.test(text)).toBe(true);
  });
});

describe.each([
  ['project', PROJECT_NAME],
  ['region', REGION_NAME],
])('the rule of a %s', (noun, { pattern, sentence }) => {
  test.each([
    ['a', true],
    ['1', true],
    ['a'.repeat(64), true],
    ['cn-north_1', true],
    ['', false],
    ['a'.repeat(65), false],
    ['-a', false],
    ['_a', false],
    ['..', false],
    ['a/b', false],
    ['a.b', false],
    ['a\n', false],
    ['ä', false],
  ])('%j: %s', (name, isGood) => {
    expect(pattern.test(name)).toBe(isGood);
    expect(sentence).toContain(`The ${noun} must`);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toArtifactName } from '../../src/artifacts/file-name.js';

const anyName = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }),
  fc.string({ unit: fc.constantFrom('.', '/', '\\', '%', '~', '\0', ' ', '2', 'E'), minLength: 1, maxLength: 300 }),
);
/** Lone surrogates have no UTF-8 form: no engine can have such a name. */
const realName = anyName.filter((name) => !/\p{Surrogate}/u.test(name));

describe("an artifact's file name", () => {
  test('is safe for every name of a database', () => {
    fc.assert(
      fc.property(anyName, (database) => {
        const name = toArtifactName(database, 'sqlite', 'zstd');
        expect(name).toMatch(/^[\w%~-][\w%.~-]*\.sqlite\.zst$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }),
    );
  });

  test('differs for different databases', () => {
    fc.assert(
      fc.property(realName, realName, (one, other) => {
        fc.pre(one !== other);
        expect(toArtifactName(one, 'sqlite', 'zstd')).not.toBe(toArtifactName(other, 'sqlite', 'zstd'));
      }),
    );
  });

  test('differs for long databases that share their first thousand characters', () => {
    const shared = 'x'.repeat(1000);
    expect(toArtifactName(`${shared}1`, 'sqlite', 'zstd')).not.toBe(toArtifactName(`${shared}2`, 'sqlite', 'zstd'));
  });

  test('can be read back, unless the name is too long for a file system', () => {
    fc.assert(
      fc.property(realName, (database) => {
        fc.pre(encodeURIComponent(database).length < 60);
        const stem = toArtifactName(database, 'pgdump', 'zstd').replace(/\.pgdump\.zst$/, '');
        expect(decodeURIComponent(stem)).toBe(database);
      }),
    );
  });

  test('never cuts a percent-encoded character in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), (shift) => {
        const name = toArtifactName('a'.repeat(shift) + '界'.repeat(100), 'sqlite', 'zstd');
        expect(name.replaceAll(/%[0-9A-F]{2}/g, '')).not.toContain('%');
      }),
    );
  });

  test.each([
    ['shop.db', 'shop.db.sqlite.zst'],
    ['.hidden', '%2Ehidden.sqlite.zst'],
    ['..', '%2E..sqlite.zst'],
    ['a/b', 'a%2Fb.sqlite.zst'],
    ["it's (old)*!", 'it%27s%20%28old%29%2A%21.sqlite.zst'],
    ['manifest.json', 'manifest.json.sqlite.zst'],
  ])('of %j is %s', (database, expected) => {
    expect(toArtifactName(database, 'sqlite', 'zstd')).toBe(expected);
  });

  test('tells the format, and whether it is compressed', () => {
    expect(toArtifactName('shop', 'bak', 'none')).toBe('shop.bak');
    expect(toArtifactName('shop', 'sql', 'zstd')).toBe('shop.sql.zst');
  });
});

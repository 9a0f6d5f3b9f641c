import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toArtifactName } from '../../src/artifacts/file-name.js';

const SQLITE = { format: 'sqlite', compression: 'zstd', encryption: null } as const;
const PGDUMP = { ...SQLITE, format: 'pgdump' } as const;
const SQL = { ...SQLITE, format: 'sql' } as const;

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
        const name = toArtifactName(database, SQLITE);
        expect(name).toMatch(/^[\w%~-][\w%.~-]*\.sqlite\.zst$/);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
      }),
    );
  });

  test('differs for different databases', () => {
    fc.assert(
      fc.property(realName, realName, (one, other) => {
        fc.pre(one !== other);
        expect(toArtifactName(one, SQLITE)).not.toBe(toArtifactName(other, SQLITE));
      }),
    );
  });

  test('differs for long databases that share their first thousand characters', () => {
    const shared = 'x'.repeat(1000);
    expect(toArtifactName(`${shared}1`, SQLITE)).not.toBe(toArtifactName(`${shared}2`, SQLITE));
  });

  test('can be read back, unless the name is too long for a file system', () => {
    fc.assert(
      fc.property(realName, (database) => {
        fc.pre(encodeURIComponent(database).length < 60);
        const stem = toArtifactName(database, PGDUMP).replace(/\.pgdump\.zst$/, '');
        expect(decodeURIComponent(stem)).toBe(database);
      }),
    );
  });

  test('never cuts a percent-encoded character in two', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 12 }), (shift) => {
        const name = toArtifactName('a'.repeat(shift) + '界'.repeat(100), SQLITE);
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
    expect(toArtifactName(database, SQLITE)).toBe(expected);
  });

  test('tells the format, and whether it is compressed and encrypted, in the order in which both are undone', () => {
    expect(toArtifactName('shop', { format: 'bak', compression: 'none', encryption: null })).toBe('shop.bak');
    expect(toArtifactName('shop', { ...SQL, encryption: 'age' })).toBe('shop.sql.zst.age');
    expect(toArtifactName('shop', SQL)).toBe('shop.sql.zst');
  });
});

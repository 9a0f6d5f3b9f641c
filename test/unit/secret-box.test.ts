import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SecretBox, UnsealError } from '../../src/services/secret-box.js';

const SECRET = 'postgresql://app:hunter2@db.example:5432/shop';

function newBox(): SecretBox {
  return new SecretBox(randomBytes(32));
}

describe('the secret box', () => {
  test('opens what it has sealed, whatever the text and the owner', () => {
    const box = newBox();
    const text = fc.string({ unit: 'grapheme' });
    fc.assert(
      fc.property(text, text, (plain, owner) => {
        expect(box.open(box.seal(plain, owner), owner)).toBe(plain);
      }),
    );
  });

  test('shows nothing of the text, and seals it differently each time', () => {
    const box = newBox();
    const sealed = box.seal(SECRET, 'instance-1');
    expect(sealed).not.toContain('hunter2');
    expect(Buffer.from(sealed.split('.')[2] ?? '', 'base64').toString('latin1')).not.toContain('hunter2');
    expect(box.seal(SECRET, 'instance-1')).not.toBe(sealed);
  });

  test('does not open a text that was moved to another owner', () => {
    const box = newBox();
    const sealed = box.seal(SECRET, 'instance-1');
    expect(() => box.open(sealed, 'instance-2')).toThrow(UnsealError);
    expect(() => box.open(sealed, '')).toThrow('The sealed text was damaged.');
  });

  test('says so when the text was sealed with another key', () => {
    const sealed = newBox().seal(SECRET, 'instance-1');
    expect(() => newBox().open(sealed, 'instance-1')).toThrow(/^It was sealed with another SECRET_KEY\./);
  });

  test('finds every flipped bit', () => {
    const box = newBox();
    const [version = '', keyId = '', payload = ''] = box.seal(SECRET, 'instance-1').split('.');
    const bytes = Buffer.from(payload, 'base64');
    for (let bit = 0; bit < bytes.length * 8; bit += 1) {
      const tampered = Buffer.from(bytes);
      tampered[bit >> 3] = (tampered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => box.open(`${version}.${keyId}.${tampered.toString('base64')}`, 'instance-1')).toThrow(UnsealError);
    }
  });

  test('finds a text cut short anywhere', () => {
    const box = newBox();
    const sealed = box.seal(SECRET, 'instance-1');
    const [version = '', keyId = '', payload = ''] = sealed.split('.');
    const bytes = Buffer.from(payload, 'base64');
    for (let length = 0; length < bytes.length; length += 1) {
      const cut = `${version}.${keyId}.${bytes.subarray(0, length).toString('base64')}`;
      expect(() => box.open(cut, 'instance-1')).toThrow(UnsealError);
    }
  });

  test.each(['', 'v1', 'v1.abc', 'v2.abc.def', SECRET])('does not take %j for a sealed text', (text) => {
    expect(() => newBox().open(text, 'instance-1')).toThrow('The sealed text is malformed.');
  });

  test('repeats neither the text nor the key in its errors', () => {
    const key = randomBytes(32);
    const sealed = new SecretBox(key).seal(SECRET, 'instance-1');
    for (const open of [(): string => newBox().open(sealed, 'x'), (): string => new SecretBox(key).open(sealed, 'x')]) {
      try {
        open();
        expect.unreachable();
      } catch (error) {
        const shown = `${String(error)} ${String((error as Error).cause)}`;
        expect(shown).not.toContain('hunter2');
        expect(shown).not.toContain(key.toString('hex'));
        expect(shown).not.toContain(key.toString('base64'));
      }
    }
  });
});

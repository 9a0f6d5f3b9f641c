import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { NamelessDump } from '../../src/engines/mysql/nameless-dump.js';

async function pass(text: string, database: string, size: number): Promise<string> {
  const bytes = Buffer.from(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_value, index) =>
    bytes.subarray(index * size, (index + 1) * size),
  );
  const passed: Buffer[] = [];
  for await (const chunk of Readable.from(chunks).pipe(new NamelessDump(database))) passed.push(chunk as Buffer);
  return Buffer.concat(passed).toString('utf8');
}

describe('a dump without the name of its database', () => {
  const named = (name: string): string =>
    `-- x\nALTER DATABASE ${name} CHARACTER SET latin1 COLLATE latin1_bin ;\n\nALTER DATABASE ${name} CHARACTER SET utf8mb4 ;\nALTER DATABASE`;
  const nameless = named('').replaceAll('DATABASE  ', 'DATABASE ');

  test.each([1, 2, 3, 7, 20, 50, 10_000])('is the same in chunks of %d bytes', async (size) => {
    expect(await pass(named('`a``b ü`'), 'a`b ü', size)).toBe(nameless);
  });

  test('keeps every other byte', async () => {
    const text =
      'ALTER DATABASE `shop` CHARACTER SET x\n ALTER DATABASE `shop` CHARACTER SET\n\n\nALTER DATABASE `shopping` CHARACTER SET y\nALTER DATABASE `shop` ';
    for (const size of [1, 13, 1000]) expect(await pass(text, 'shop', size)).toBe(text);
    expect(await pass('', 'shop', 1)).toBe('');
  });
});

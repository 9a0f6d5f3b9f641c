import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decompress } from 'zstd-napi';
import { expect, test } from 'vitest';
import { CompressorPool } from '../../src/artifacts/compressor-pool.js';

const BLOCK_BYTES = 512 * 1024;

/** Half of it noise, so that blocks of both kinds come out. */
function sample(bytes: number): Buffer {
  const noise = randomBytes(Math.ceil(bytes / 2));
  return Buffer.concat([Buffer.alloc(bytes - noise.length, 'rows of a table; '), noise]);
}

async function compress(pool: CompressorPool, chunks: readonly Buffer[]): Promise<Buffer> {
  const output = new PassThrough();
  const [compressed] = await Promise.all([buffer(output), pipeline(Readable.from(chunks), pool.create(), output)]);
  return compressed;
}

test.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 5_000_000])(
  'gives back %s bytes as they were',
  async (bytes) => {
    await using pool = new CompressorPool();
    const content = sample(bytes);
    const compressed = await compress(pool, [content]);
    expect(decompress(compressed).equals(content)).toBe(true);
  },
);

test('takes chunks of every size, parts of shared buffers among them', async () => {
  await using pool = new CompressorPool();
  const content = sample(2_000_000);
  const chunks: Buffer[] = [];
  for (let at = 0, size = 1; at < content.length; at += size, size = (size * 3) % 700_001) {
    chunks.push(content.subarray(at, at + size));
  }
  expect(decompress(await compress(pool, chunks)).equals(content)).toBe(true);
});

test('compresses many frames, side by side and one after the other', async () => {
  await using pool = new CompressorPool();
  for (let round = 0; round < 3; round += 1) {
    const contents = Array.from({ length: 6 }, (_value, index) => sample(100_000 * (index + round)));
    const compressed = await Promise.all(contents.map((content) => compress(pool, [content])));
    for (const [index, content] of contents.entries()) {
      expect(decompress(compressed[index] ?? Buffer.alloc(0)).equals(content)).toBe(true);
    }
  }
});

test('takes no more than a few blocks while nobody reads what was compressed', async () => {
  await using pool = new CompressorPool();
  const compressor = pool.create();
  let takenBytes = 0;
  const endless = new Readable({
    read(): void {
      takenBytes += 100_000;
      this.push(randomBytes(100_000));
    },
  });
  let isOpen = false;
  const closed = new Writable({
    write(_chunk, _encoding, done): void {
      if (isOpen) done();
    },
  });
  const flowing = pipeline(endless, compressor, closed).catch(() => undefined);
  let seenBytes = -1;
  // It has come to rest once nothing was taken for a good while of turns.
  for (let still = 0; still < 2000; still += 1) {
    if (seenBytes !== takenBytes) still = 0;
    seenBytes = takenBytes;
    await nextTurn();
  }
  isOpen = true;
  expect(takenBytes).toBeLessThan(8 * BLOCK_BYTES);
  endless.destroy();
  await flowing;
});

test('a frame that is given up disturbs neither those beside it nor those after it', async () => {
  await using pool = new CompressorPool();
  const givenUp = pool.create();
  givenUp.write(sample(700_000));
  const content = sample(3_000_000);
  const beside = compress(pool, [content]);
  givenUp.destroy();
  await once(givenUp, 'close');
  expect(decompress(await beside).equals(content)).toBe(true);
  expect(decompress(await compress(pool, [content])).equals(content)).toBe(true);
});

test('a content that fails ends the frame with its error', async () => {
  await using pool = new CompressorPool();
  const failing = Readable.from(
    (function* (): Generator<Buffer> {
      yield sample(1000);
      throw new Error('the pipe broke');
    })(),
  );
  await expect(pipeline(failing, pool.create(), new PassThrough().resume())).rejects.toThrow('the pipe broke');
});

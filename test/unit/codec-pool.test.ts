import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { PassThrough, Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decompress } from 'zstd-napi';
import { expect, test } from 'vitest';
import { CodecPool } from '../../src/artifacts/codec-pool.js';
import type { Codec, CodecJob } from '../../src/artifacts/codec-pool.js';

const BLOCK_BYTES = 512 * 1024;

/** Half of it noise, so that blocks of both kinds come out. */
function sample(bytes: number): Buffer {
  const noise = randomBytes(Math.ceil(bytes / 2));
  return Buffer.concat([Buffer.alloc(bytes - noise.length, 'rows of a table; '), noise]);
}

const COMPRESS: CodecJob = { encoding: 'encode', isCompressed: true, key: null, head: null };

function begin(pool: CodecPool, job: CodecJob): Codec {
  const codec = pool.create();
  codec.begin(job);
  return codec;
}

async function run(codec: Codec, chunks: readonly Buffer[]): Promise<Buffer> {
  const output = new PassThrough();
  const [bytes] = await Promise.all([buffer(output), pipeline(Readable.from(chunks), codec, output)]);
  return bytes;
}

async function compress(pool: CodecPool, chunks: readonly Buffer[]): Promise<Buffer> {
  return run(begin(pool, COMPRESS), chunks);
}

test.each([0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 3 * BLOCK_BYTES, 5_000_000])(
  'gives back %s bytes as they were',
  async (bytes) => {
    await using pool = new CodecPool();
    const content = sample(bytes);
    const compressed = await compress(pool, [content]);
    expect(decompress(compressed).equals(content)).toBe(true);
  },
);

test('takes chunks of every size, parts of shared buffers among them', async () => {
  await using pool = new CodecPool();
  const content = sample(2_000_000);
  const chunks: Buffer[] = [];
  for (let at = 0, size = 1; at < content.length; at += size, size = (size * 3) % 700_001) {
    chunks.push(content.subarray(at, at + size));
  }
  expect(decompress(await compress(pool, chunks)).equals(content)).toBe(true);
});

test('compresses many frames, side by side and one after the other', async () => {
  await using pool = new CodecPool();
  for (let round = 0; round < 3; round += 1) {
    const contents = Array.from({ length: 6 }, (_value, index) => sample(100_000 * (index + round)));
    const compressed = await Promise.all(contents.map((content) => compress(pool, [content])));
    for (const [index, content] of contents.entries()) {
      expect(decompress(compressed[index] ?? Buffer.alloc(0)).equals(content)).toBe(true);
    }
  }
});

test('takes no more than a few blocks while nobody reads what was compressed', async () => {
  await using pool = new CodecPool();
  const compressor = begin(pool, COMPRESS);
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
  await using pool = new CodecPool();
  const givenUp = begin(pool, COMPRESS);
  givenUp.write(sample(700_000));
  const content = sample(3_000_000);
  const beside = compress(pool, [content]);
  givenUp.destroy();
  await once(givenUp, 'close');
  expect(decompress(await beside).equals(content)).toBe(true);
  expect(decompress(await compress(pool, [content])).equals(content)).toBe(true);
});

test('a content that fails ends the frame with its error', async () => {
  await using pool = new CodecPool();
  const failing = Readable.from(
    (function* (): Generator<Buffer> {
      yield sample(1000);
      throw new Error('the pipe broke');
    })(),
  );
  await expect(pipeline(failing, begin(pool, COMPRESS), new PassThrough().resume())).rejects.toThrow('the pipe broke');
});

test.each([
  ['compressed', true, null],
  ['encrypted', false, randomBytes(32)],
  ['compressed and encrypted', true, randomBytes(32)],
  ['as it is', false, null],
] as const)('undoes what it has done to a content that is stored %s', async (_kind, isCompressed, key) => {
  await using pool = new CodecPool();
  for (const bytes of [0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_001]) {
    const content = sample(bytes);
    const encoded = await run(begin(pool, { encoding: 'encode', isCompressed, key, head: null }), [content]);
    const chunks = [encoded.subarray(0, 10), encoded.subarray(10)];
    const decoded = await run(begin(pool, { encoding: 'decode', isCompressed, key, head: null }), chunks);
    expect(decoded.equals(content)).toBe(true);
  }
});

test('decodes no more of a content that has shrunk to almost nothing than is read', async () => {
  await using pool = new CodecPool();
  const zeros = Array.from({ length: 64 }, () => Buffer.alloc(4 * 1024 * 1024));
  const shrunk = await compress(pool, zeros);
  expect(shrunk.length).toBeLessThan(100_000);
  const decoder = begin(pool, { encoding: 'decode', isCompressed: true, key: null, head: null });
  decoder.end(shrunk);
  let bytes = 0;
  for await (const chunk of decoder as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    expect(decoder.readableLength).toBeLessThan(4 * 1024 * 1024);
    await nextTurn();
  }
  expect(bytes).toBe(64 * 4 * 1024 * 1024);
});

test('refuses what is damaged, and goes on with the next', async () => {
  await using pool = new CodecPool();
  const key = randomBytes(32);
  const content = sample(200_000);
  const encoded = await run(begin(pool, { ...COMPRESS, key }), [content]);
  const decode: CodecJob = { encoding: 'decode', isCompressed: true, key, head: null };
  const flipped = Buffer.from(encoded);
  flipped[70_000] = (flipped[70_000] ?? 0) ^ 1;
  const first = encoded.subarray(0, 65_552);
  const swapped = Buffer.concat([encoded.subarray(65_552), first]);
  for (const damaged of [flipped, swapped, first, encoded.subarray(0, -1), Buffer.alloc(0)]) {
    await expect(run(begin(pool, decode), [damaged])).rejects.toThrow();
  }
  await expect(run(begin(pool, { ...decode, key: randomBytes(32) }), [encoded])).rejects.toThrow();
  expect((await run(begin(pool, decode), [encoded])).equals(content)).toBe(true);
});

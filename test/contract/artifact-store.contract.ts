import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ArtifactNotFoundError } from '../../src/artifacts/artifact-store.js';
import { backupFoldersContract } from './artifact-store-folders.contract.js';
import { chunksOf, FILE, never, read } from './artifact-store-subject.js';
import type { StoreSubject } from './artifact-store-subject.js';

/**
 * What every artifact store promises.
 * @param createRemote makes one of whose memory nothing is this process's but the store itself
 */
export function artifactStoreContract(
  create: () => Promise<StoreSubject>,
  createRemote: () => Promise<StoreSubject> = create,
): void {
  backupFoldersContract(create);

  describe('a file', () => {
    test('comes back byte for byte, in whatever chunks it was given', async () => {
      await using subject = await create();
      const { store } = subject;
      const chunks = [1, 100_000, 0, 3_000_000, 17].map((bytes) => randomBytes(bytes));
      const whole = Buffer.concat(chunks);

      expect(await store.put(FILE, chunksOf(...chunks), never())).toBe(whole.length);

      expect(await store.findSize(FILE)).toBe(whole.length);
      expect((await read(store)).equals(whole)).toBe(true);
    });

    test('may be empty', async () => {
      await using subject = await create();
      expect(await subject.store.put(FILE, chunksOf(), never())).toBe(0);
      expect(await subject.store.findSize(FILE)).toBe(0);
      expect(await read(subject.store)).toHaveLength(0);
    });

    test('may have any name of up to 255 bytes', async () => {
      await using subject = await create();
      for (const name of ['x'.repeat(255), 'a b.c', '%41%2F.zst', 'it~s', 'manifest.json']) {
        const file = { ...FILE, name };
        await subject.store.put(file, chunksOf(Buffer.from(name)), never());
        expect((await read(subject.store, file)).toString()).toBe(name);
      }
    });

    test('is not there until its content has ended', async () => {
      await using subject = await create();
      const { store } = subject;
      const sizes: (number | null)[] = [];
      async function* watched(): AsyncGenerator<Uint8Array> {
        yield randomBytes(1000);
        sizes.push(await store.findSize(FILE));
        yield randomBytes(1000);
        sizes.push(await store.findSize(FILE));
      }
      await store.put(FILE, watched(), never());
      expect(sizes).toEqual([null, null]);
      expect(await store.findSize(FILE)).toBe(2000);
    });

    test('is replaced by the next of its name, and is the old one until then', async () => {
      await using subject = await create();
      const { store } = subject;
      await store.put(FILE, chunksOf(Buffer.from('old content')), never());
      const seen: string[] = [];
      async function* replacing(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('new');
        seen.push((await read(store)).toString());
      }
      await store.put(FILE, replacing(), never());
      expect(seen).toEqual(['old content']);
      expect((await read(store)).toString()).toBe('new');
      expect(await subject.listFiles()).toHaveLength(1);
    });

    test('gives any range of its bytes, both ends included', async () => {
      await using subject = await create();
      const whole = randomBytes(300_000);
      await subject.store.put(FILE, chunksOf(whole), never());
      const last = whole.length - 1;
      for (const range of [
        { start: 0, end: 0 },
        { start: 0, end: last },
        { start: 7, end: 100_000 },
        { start: last, end: last },
      ]) {
        const bytes = await buffer(await subject.store.open(FILE, never(), range));
        expect(bytes.equals(whole.subarray(range.start, range.end + 1))).toBe(true);
      }
    });

    test('that is not there cannot be opened, and has no size', async () => {
      await using subject = await create();
      const { store } = subject;
      await store.put(FILE, chunksOf(Buffer.from('x')), never());
      for (const file of [
        { ...FILE, name: 'other' },
        { ...FILE, backupId: 'b-2' },
        { ...FILE, project: 'none' },
      ]) {
        for (const range of [undefined, { start: 0, end: 0 }]) {
          await expect(store.open(file, never(), range)).rejects.toBeInstanceOf(ArtifactNotFoundError);
        }
        expect(await store.findSize(file)).toBeNull();
      }
    });

    test('stops being read when the signal is aborted', async () => {
      await using subject = await create();
      await subject.store.put(FILE, chunksOf(randomBytes(2_000_000)), never());
      const aborting = new AbortController();
      const stream = await subject.store.open(FILE, aborting.signal);
      const reading = (async (): Promise<void> => {
        for await (const _chunk of stream) aborting.abort();
      })();
      await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
    });
  });

  describe('a put that fails', () => {
    test.each([0, 1, 5])(
      'leaves nothing behind when the content throws after %i chunks, and throws its error',
      async (count) => {
        await using subject = await create();
        const failure = new Error('the tool has died');
        async function* dying(): AsyncGenerator<Uint8Array> {
          for (let index = 0; index < count; index += 1) yield randomBytes(100_000);
          await nextTurn();
          throw failure;
        }
        await expect(subject.store.put(FILE, dying(), never())).rejects.toBe(failure);
        expect(await subject.listFiles()).toEqual([]);
      },
    );

    test('throws the error of the content unchanged, also when it looks like one of the file system', async () => {
      await using subject = await create();
      const failure = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
      // eslint-disable-next-line require-yield -- it fails before its first chunk
      async function* dying(): AsyncGenerator<Uint8Array> {
        await nextTurn();
        throw failure;
      }
      await expect(subject.store.put(FILE, dying(), never())).rejects.toBe(failure);
    });

    test('leaves nothing behind when the signal is aborted, and ends the content', async () => {
      await using subject = await create();
      const aborting = new AbortController();
      let isEnded = false;
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (let count = 0; ; count += 1) {
            if (count === 3) aborting.abort();
            yield randomBytes(10_000);
          }
        } finally {
          isEnded = true;
        }
      }
      await expect(subject.store.put(FILE, endless(), aborting.signal)).rejects.toMatchObject({ name: 'AbortError' });
      expect(isEnded).toBe(true);
      expect(await subject.listFiles()).toEqual([]);
    });

    test('leaves nothing behind when the signal is aborted with the last chunk', async () => {
      await using subject = await create();
      const aborting = new AbortController();
      const reason = new Error('cancelled');
      async function* lastWords(): AsyncGenerator<Uint8Array> {
        yield randomBytes(10);
        aborting.abort(reason);
      }
      await expect(subject.store.put(FILE, lastWords(), aborting.signal)).rejects.toBe(reason);
      expect(await subject.listFiles()).toEqual([]);
    });

    test('does not begin when the signal was aborted before', async () => {
      await using subject = await create();
      await expect(subject.store.put(FILE, chunksOf(randomBytes(10)), AbortSignal.abort())).rejects.toThrow();
      expect(await subject.listFiles()).toEqual([]);
    });

    test('keeps the file that it was to replace', async () => {
      await using subject = await create();
      await subject.store.put(FILE, chunksOf(Buffer.from('old')), never());
      async function* dying(): AsyncGenerator<Uint8Array> {
        yield Buffer.from('new');
        await nextTurn();
        throw new Error('died');
      }
      await expect(subject.store.put(FILE, dying(), never())).rejects.toThrow('died');
      expect((await read(subject.store)).toString()).toBe('old');
      expect(await subject.listFiles()).toHaveLength(1);
    });
  });

  test('has a URL that serves a file whole and in ranges without further credentials, or has none', async () => {
    await using subject = await create();
    const file = { ...FILE, name: 'a b+c%2F~it.zst' };
    const content = randomBytes(1000);
    await subject.store.put(file, chunksOf(content), never());

    const url = await subject.store.presign(file, 60_000);

    if (url === null) return;
    const whole = await fetch(url);
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true);
    const part = await fetch(url, { headers: { range: 'bytes=10-19' } });
    expect(part.status).toBe(206);
    expect(Buffer.from(await part.arrayBuffer()).equals(content.subarray(10, 20))).toBe(true);
  });

  test('writes and reads many files at the same time', async () => {
    await using subject = await create();
    const { store } = subject;
    const files = Array.from({ length: 12 }, (_value, index) => ({
      file: { ...FILE, backupId: `b-${index % 3}`, name: `db-${index}` },
      content: randomBytes(200_000 + index),
    }));
    await Promise.all(files.map(({ file, content }) => store.put(file, chunksOf(content, content), never())));
    const hashes = await Promise.all(files.map(async ({ file }) => hashOf(await read(store, file))));
    expect(hashes).toEqual(files.map(({ content }) => hashOf(Buffer.concat([content, content]))));
  });

  test('says that it can be written', async () => {
    await using subject = await create();
    await subject.store.checkWritable();
    expect(await subject.listFiles()).toEqual([]);
  });

  test('adds little to memory for a file of any size', async () => {
    await using subject = await createRemote();
    const chunk = randomBytes(1024 * 1024);
    const before = process.memoryUsage().rss;
    let highest = before;
    async function* large(): AsyncGenerator<Uint8Array> {
      for (let index = 0; index < 300; index += 1) {
        highest = Math.max(highest, process.memoryUsage().rss);
        await nextTurn();
        yield Buffer.from(chunk);
      }
    }
    expect(await subject.store.put(FILE, large(), never())).toBe(300 * chunk.length);
    for await (const _chunk of await subject.store.open(FILE, never())) {
      highest = Math.max(highest, process.memoryUsage().rss);
    }
    expect(highest - before).toBeLessThan(100 * 1024 * 1024);
  });
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

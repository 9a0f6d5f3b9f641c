import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { decompress } from 'zstd-napi';
import { describe, expect, test } from 'vitest';
import { AgeKeys } from '../../src/artifacts/age-keys.js';
import { ArtifactCodec } from '../../src/artifacts/artifact-codec.js';
import { ArtifactNotFoundError } from '../../src/artifacts/artifact-store.js';
import { FilesystemArtifactStore } from '../../src/artifacts/filesystem-artifact-store.js';
import { CodecPool } from '../../src/artifacts/codec-pool.js';
import { ArtifactPipeline } from '../../src/artifacts/pipeline.js';
import type { Artifact } from '../../src/domain/backup.js';
import { BackupFailureCode } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { sampleArtifact } from '../support/samples.js';
import { TempDir } from '../support/temp-dir.js';

const FILE = { project: 'default', backupId: 'b-1', name: 'shop.db.sqlite.zst' };
/** Text at its beginning, noise at its end: compressed and raw blocks. */
const CONTENT = Buffer.concat([Buffer.from('rows of a table; '.repeat(40)), randomBytes(300)]);

const codec = new ArtifactCodec(new CodecPool(), AgeKeys.none());

class Subject implements AsyncDisposable {
  readonly dir: TempDir;
  readonly store: FilesystemArtifactStore;
  readonly pipeline: ArtifactPipeline;

  private constructor(dir: TempDir) {
    this.dir = dir;
    this.store = new FilesystemArtifactStore(dir.path);
    this.pipeline = new ArtifactPipeline({ store: this.store, codec });
  }

  static async create(): Promise<Subject> {
    return new Subject(await TempDir.create());
  }

  get path(): string {
    return this.dir.join(FILE.project, FILE.backupId, FILE.name);
  }

  async listFiles(): Promise<readonly string[]> {
    const entries = await readdir(this.dir.path, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
  }

  async put(content: Readable = Readable.from([CONTENT]), signal = new AbortController().signal): Promise<Artifact> {
    const layout = this.pipeline.layoutOf({ isCompressed: false });
    const bytes = await this.pipeline.storeDump({ file: FILE, layout, content, onBytes: () => undefined, signal });
    return sampleArtifact({ path: FILE.name, ...layout, ...bytes });
  }

  /** What verifying says: null when the artifact is good. */
  async fault(artifact: Artifact, check = readToEnd): Promise<unknown> {
    const { signal } = new AbortController();
    try {
      await this.pipeline.verifyStored({ file: FILE, artifact, check, onBytes: () => undefined, signal });
      return null;
    } catch (error) {
      return error;
    }
  }

  async check(artifact: Artifact, onBytes: (bytes: number) => void = () => undefined): Promise<void> {
    await this.pipeline.checkStored({ file: FILE, artifact, onBytes, signal: new AbortController().signal });
  }

  read(artifact: Artifact, signal = new AbortController().signal): AsyncGenerator<Uint8Array> {
    return this.pipeline.readStored({ file: FILE, artifact, onBytes: () => undefined, signal });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

async function readToEnd(content: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _chunk of content);
}

async function faultOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

function expectDamaged(fault: unknown): void {
  expect(fault).toBeInstanceOf(BackupFailedError);
  expect(fault).toMatchObject({ code: BackupFailureCode.CHECKSUM_MISMATCH });
}

describe('storing a dump', () => {
  test('puts zstd bytes into the store, and tells their size and hash', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const stored = await readFile(subject.path);

    expect(decompress(stored)).toEqual(CONTENT);
    expect(artifact).toMatchObject({ originalBytes: CONTENT.length, storedBytes: stored.length });
    expect(artifact.sha256).toBe(createHash('sha256').update(stored).digest('hex'));
  });

  test('reports every byte of the source as it goes through', async () => {
    await using subject = await Subject.create();
    const chunks: number[] = [];
    const content = Readable.from([CONTENT.subarray(0, 100), CONTENT.subarray(100)]);
    const { signal } = new AbortController();
    await subject.pipeline.storeDump({
      file: FILE,
      layout: subject.pipeline.layoutOf({ isCompressed: false }),
      content,
      onBytes: (bytes) => chunks.push(bytes),
      signal,
    });
    expect(chunks).toEqual([100, CONTENT.length - 100]);
  });

  test('takes an empty dump: whether that is any good is not for it to say', async () => {
    await using subject = await Subject.create();
    expect(await subject.put(Readable.from([]))).toMatchObject({ originalBytes: 0 });
  });

  test('leaves nothing in the store when the content fails, and throws its error', async () => {
    await using subject = await Subject.create();
    const failure = new Error('the tool has died');
    async function* dying(): AsyncGenerator<Buffer> {
      yield CONTENT;
      await nextTurn();
      throw failure;
    }
    await expect(subject.put(Readable.from(dying()))).rejects.toBe(failure);
    expect(await subject.listFiles()).toEqual([]);
  });

  test('leaves nothing in the store when it is aborted, and destroys the content', async () => {
    await using subject = await Subject.create();
    const aborting = new AbortController();
    async function* endless(): AsyncGenerator<Buffer> {
      for (let count = 0; ; count += 1) {
        if (count === 50) aborting.abort();
        yield randomBytes(10_000);
        await nextTurn();
      }
    }
    const content = Readable.from(endless());
    await expect(subject.put(content, aborting.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(content.destroyed).toBe(true);
    expect(await subject.listFiles()).toEqual([]);
  });
});

describe('verifying a stored dump', () => {
  test('passes what was stored, and shows its content to the format check', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const seen: Uint8Array[] = [];
    const fault = await subject.fault(artifact, async (content) => {
      for await (const chunk of content) seen.push(chunk);
    });
    expect(fault).toBeNull();
    expect(Buffer.concat(seen)).toEqual(CONTENT);
  });

  test('finds every flipped byte', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const good = await readFile(subject.path);
    for (let index = 0; index < good.length; index += 1) {
      const damaged = Buffer.from(good);
      damaged[index] = (damaged[index] ?? 0) ^ 0x10;
      await writeFile(subject.path, damaged);
      expectDamaged(await subject.fault(artifact));
    }
  });

  test('finds a file cut short anywhere', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    for (let length = artifact.storedBytes - 1; length >= 0; length -= 7) {
      await truncate(subject.path, length);
      expectDamaged(await subject.fault(artifact));
    }
  });

  test('finds bytes that were appended, also a whole second frame', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const good = await readFile(subject.path);
    for (const addition of [Buffer.from([0]), good, randomBytes(50)]) {
      await writeFile(subject.path, Buffer.concat([good, addition]));
      expectDamaged(await subject.fault(artifact));
    }
  });

  test('finds a content of another length or hash than was recorded', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    expectDamaged(await subject.fault({ ...artifact, originalBytes: artifact.originalBytes + 1 }));
    expectDamaged(await subject.fault({ ...artifact, sha256: 'ab'.repeat(32) }));
  });

  test('passes the verdict of the format check on', async () => {
    await using subject = await Subject.create();
    const verdict = new BackupFailedError(BackupFailureCode.DUMP_FAILED, 'The dump has no end.');
    const fault = await subject.fault(await subject.put(), async (content) => {
      await readToEnd(content);
      throw verdict;
    });
    expect(fault).toBe(verdict);
  });

  test('says that the file is not there when it is not', async () => {
    await using subject = await Subject.create();
    expect(await subject.fault(sampleArtifact())).toBeInstanceOf(ArtifactNotFoundError);
  });

  test('reports being aborted as such, and not as damage', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const reason = AbortSignal.abort();
    const verifying = subject.pipeline.verifyStored({
      file: FILE,
      artifact,
      check: readToEnd,
      onBytes: () => undefined,
      signal: reason,
    });
    await expect(verifying).rejects.toMatchObject({ name: 'AbortError' });
  });

  test('reads an artifact that is not compressed', async () => {
    await using subject = await Subject.create();
    const { signal } = new AbortController();
    const storedBytes = await subject.store.put(FILE, Readable.from([CONTENT]), signal);
    const sha256 = createHash('sha256').update(CONTENT).digest('hex');
    const artifact = sampleArtifact({ compression: 'none', originalBytes: storedBytes, storedBytes, sha256 });
    expect(await subject.fault(artifact)).toBeNull();
  });
});

describe('checking the bytes of a stored dump', () => {
  test('passes what was stored, and reports every stored byte', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    let bytes = 0;
    await subject.check(artifact, (count) => {
      bytes += count;
    });
    expect(bytes).toBe(artifact.storedBytes);
  });

  test('finds a flipped byte, a missing one, and one too many', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const good = await readFile(subject.path);
    const flipped = Buffer.from(good);
    flipped[100] = (flipped[100] ?? 0) ^ 1;
    for (const damaged of [flipped, good.subarray(1), Buffer.concat([good, Buffer.from([0])])]) {
      await writeFile(subject.path, damaged);
      expectDamaged(await faultOf(subject.check(artifact)));
    }
  });

  test('says that the file is not there when it is not', async () => {
    await using subject = await Subject.create();
    expect(await faultOf(subject.check(sampleArtifact()))).toBeInstanceOf(ArtifactNotFoundError);
  });
});

describe('reading a stored dump', () => {
  test('gives the content as it was', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    const chunks: Uint8Array[] = [];
    for await (const chunk of subject.read(artifact)) chunks.push(chunk);
    expect(Buffer.concat(chunks)).toEqual(CONTENT);
  });

  test('gives no last word on a content whose stored bytes were exchanged for others as good', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put();
    await subject.put(Readable.from([randomBytes(CONTENT.length)]));
    expectDamaged(await faultOf(readToEnd(subject.read(artifact))));
  });

  test('lets go of the file when it is broken off', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put(Readable.from([randomBytes(10_000_000)]));
    const opened: Readable[] = [];
    const { store } = subject;
    const open = store.open.bind(store);
    store.open = async (...args) => {
      const stream = await open(...args);
      opened.push(stream);
      return stream;
    };
    for await (const _chunk of subject.read(artifact)) break;
    expect(opened.map(({ destroyed }) => destroyed)).toEqual([true]);
  });

  test('is stopped by its signal while nobody asks for more', async () => {
    await using subject = await Subject.create();
    const artifact = await subject.put(Readable.from([randomBytes(10_000_000)]));
    const aborting = new AbortController();
    const reading = subject.read(artifact, aborting.signal);
    await reading.next();
    aborting.abort();
    await expect(readToEnd(reading)).rejects.toMatchObject({ name: 'AbortError' });
  });
});

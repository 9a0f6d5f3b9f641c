import { execFile, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, readFile, truncate, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { decompress } from 'zstd-napi';
import { describe, expect, test } from 'vitest';
import { AgeKeys, AgeKeysError } from '../../src/artifacts/age-keys.js';
import { ArtifactCodec } from '../../src/artifacts/artifact-codec.js';
import { CodecPool } from '../../src/artifacts/codec-pool.js';
import { FilesystemArtifactStore } from '../../src/artifacts/filesystem-artifact-store.js';
import { loadAgeKeys } from '../../src/artifacts/load-age-keys.js';
import { ArtifactPipeline } from '../../src/artifacts/pipeline.js';
import { BackupFailureCode } from '../../src/domain/backup.js';
import type { Artifact } from '../../src/domain/backup.js';
import { BackupFailedError } from '../../src/domain/failure.js';
import { sampleArtifact } from '../support/samples.js';
import { ageProgramFault } from '../support/store.js';
import { TempDir } from '../support/temp-dir.js';

const run = promisify(execFile);
const FILE = { project: 'default', backupId: 'b-1', name: 'shop.db.sqlite.zst.age' };
const CONTENT = Buffer.concat([Buffer.from('rows of a table; '.repeat(40)), randomBytes(200_000)]);
const pool = new CodecPool();

interface KeyPair {
  readonly identity: string;
  readonly recipient: string;
}

async function newKeys(): Promise<KeyPair> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

class Subject implements AsyncDisposable {
  readonly dir: TempDir;
  readonly #store: FilesystemArtifactStore;
  readonly #pipeline: ArtifactPipeline;

  constructor(dir: TempDir, keys: AgeKeys) {
    this.dir = dir;
    this.#store = new FilesystemArtifactStore(dir.path);
    this.#pipeline = new ArtifactPipeline({ store: this.#store, codec: new ArtifactCodec(pool, keys) });
  }

  static async create({ identity, recipient }: KeyPair): Promise<Subject> {
    return new Subject(await TempDir.create(), await AgeKeys.create([recipient], [identity]));
  }

  get path(): string {
    return this.dir.join(FILE.project, FILE.backupId, FILE.name);
  }

  async put(content = CONTENT, isCompressed = false): Promise<Artifact> {
    const { signal } = new AbortController();
    const layout = this.#pipeline.layoutOf({ isCompressed });
    const request = { file: FILE, layout, content: Readable.from([content]), onBytes: (): void => undefined, signal };
    const bytes = await this.#pipeline.storeDump(request);
    return sampleArtifact({ path: FILE.name, ...layout, ...bytes });
  }

  async read(artifact: Artifact): Promise<Buffer> {
    const { signal } = new AbortController();
    const request = { file: FILE, artifact, onBytes: (): void => undefined, signal };
    return buffer(this.#pipeline.readStored(request));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dir[Symbol.asyncDispose]();
  }
}

async function expectMismatch(reading: Promise<unknown>, message: RegExp): Promise<void> {
  const fault: unknown = await reading.then(
    () => null,
    (error: unknown) => error,
  );
  expect(fault).toBeInstanceOf(BackupFailedError);
  expect(fault).toMatchObject({ code: BackupFailureCode.CHECKSUM_MISMATCH, message: expect.stringMatching(message) });
}

describe('an encrypted dump', () => {
  test.each([0, 1, 65_536, 3_000_000])(
    'of %i bytes comes back as it was, and is hashed as it is stored',
    async (size) => {
      await using subject = await Subject.create(await newKeys());
      const content = randomBytes(size);
      const artifact = await subject.put(content);

      const stored = await readFile(subject.path);
      expect(artifact).toMatchObject({ encryption: 'age', compression: 'zstd', originalBytes: size });
      expect(artifact.storedBytes).toBe(stored.length);
      expect(artifact.sha256).toBe(createHash('sha256').update(stored).digest('hex'));
      expect((await subject.read(artifact)).equals(content)).toBe(true);
    },
  );

  test('that is compressed already is not compressed again', async () => {
    await using subject = await Subject.create(await newKeys());
    const content = Buffer.alloc(100_000);
    const artifact = await subject.put(content, true);
    expect(artifact).toMatchObject({ encryption: 'age', compression: 'none' });
    expect(artifact.storedBytes).toBeGreaterThan(content.length);
    expect((await subject.read(artifact)).equals(content)).toBe(true);
  });

  test('shows nothing of its content, and is another each time', async () => {
    await using subject = await Subject.create(await newKeys());
    await subject.put();
    const first = await readFile(subject.path);
    await subject.put();
    expect(first.includes('rows of a table')).toBe(false);
    expect(first.subarray(-1000).equals((await readFile(subject.path)).subarray(-1000))).toBe(false);
  });

  test('is found damaged by a flipped byte anywhere, its header included', async () => {
    await using subject = await Subject.create(await newKeys());
    const artifact = await subject.put();
    const good = await readFile(subject.path);
    const places = [0, 25, 60, 130, 180, 190, 205, 300, 65_800, good.length - 17, good.length - 1];
    for (const index of places) {
      const damaged = Buffer.from(good);
      damaged[index] = (damaged[index] ?? 0) ^ 1;
      await writeFile(subject.path, damaged);
      await expectMismatch(subject.read(artifact), /is not what was written/);
    }
  });

  test('is found damaged when it was cut short, at the end of a chunk, too', async () => {
    await using subject = await Subject.create(await newKeys());
    const artifact = await subject.put();
    const headBytes = (await readFile(subject.path)).indexOf('\n---') + 49 + 16;
    const lengths = [headBytes + 2 * 65_552, headBytes + 65_552, headBytes, headBytes - 1, 100, 0];
    for (const length of [artifact.storedBytes - 1, ...lengths]) {
      await truncate(subject.path, length);
      await expectMismatch(subject.read(artifact), /is not what was written/);
    }
  });

  test('tells a server with other identities that these are the fault', async () => {
    await using subject = await Subject.create(await newKeys());
    const artifact = await subject.put();
    const { identity } = await newKeys();
    for (const keys of [await AgeKeys.create([], [identity]), AgeKeys.none()]) {
      const stranger = new Subject(subject.dir, keys);
      await expectMismatch(stranger.read(artifact), /no identity of this server opens it/);
    }
  });

  test('opens with any of several identities, for each of several recipients, of both kinds', async () => {
    const [first, second] = [await newKeys(), await newKeys()];
    const hybrid = await generateHybridIdentity();
    const recipients = [first.recipient, second.recipient, await identityToRecipient(hybrid)];
    await using dir = await TempDir.create();
    const artifact = await new Subject(dir, await AgeKeys.create(recipients, [first.identity])).put();
    for (const identities of [[second.identity], [hybrid], [(await newKeys()).identity, first.identity]]) {
      const reader = new Subject(dir, await AgeKeys.create([], identities));
      expect((await reader.read(artifact)).equals(CONTENT)).toBe(true);
    }
  });
});

describe.skipIf(ageProgramFault !== null)('the age program', () => {
  test('makes the keys, and opens what was encrypted for them', async () => {
    await using dir = await TempDir.create();
    const identityFile = dir.join('identity.txt');
    spawnSync('age-keygen', ['-o', identityFile]);
    const [, recipient = ''] = /public key: (age1\w+)/.exec(await readFile(identityFile, 'utf8')) ?? [];
    const subject = new Subject(dir, await loadAgeKeys({ recipients: [recipient], identityFile }));
    for (const content of [CONTENT, Buffer.alloc(0), randomBytes(1_000_000)]) {
      await subject.put(content);
      const opened = dir.join('opened.zst');
      await run('age', ['--decrypt', '--identity', identityFile, '--output', opened, subject.path]);
      expect(decompress(await readFile(opened)).equals(content)).toBe(true);
    }
  });

  test('encrypts what the server then reads', async () => {
    const keys = await newKeys();
    await using subject = await Subject.create(keys);
    const artifact = await subject.put();
    const plain = subject.dir.join('plain');
    for (const content of [CONTENT, randomBytes(65_536), Buffer.alloc(0)]) {
      await writeFile(plain, content);
      await run('age', ['--encrypt', '--recipient', keys.recipient, '--output', subject.path, plain]);
      const stored = await readFile(subject.path);
      const sha256 = createHash('sha256').update(stored).digest('hex');
      const foreign = {
        compression: 'none' as const,
        originalBytes: content.length,
        storedBytes: stored.length,
        sha256,
      };
      expect((await subject.read({ ...artifact, ...foreign })).equals(content)).toBe(true);
    }
  });
});

describe('the keys of encryption', () => {
  test('are refused when no identity opens what they encrypt', async () => {
    const [one, other] = [await newKeys(), await newKeys()];
    await expect(AgeKeys.create([one.recipient], [other.identity])).rejects.toThrow(
      /^No identity of ENCRYPTION_IDENTITY_FILE opens what is encrypted for ENCRYPTION_RECIPIENTS/,
    );
  });

  test('are refused without being repeated when they are malformed', async () => {
    const { identity, recipient } = await newKeys();
    const damaged = `${identity.slice(0, -1)}${identity.endsWith('Q') ? 'P' : 'Q'}`;
    for (const [recipients, identities] of [
      [[`${recipient.slice(0, -1)}b`], [identity]],
      [[recipient], [damaged]],
      [[], ['hunter2']],
    ] as const) {
      const fault: unknown = await AgeKeys.create(recipients, identities).catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(AgeKeysError);
      expect((fault as Error).message).toMatch(/1 of ENCRYPTION_(RECIPIENTS|IDENTITY_FILE) is no age/);
      expect((fault as Error).message).not.toMatch(/hunter2|AGE-SECRET/);
    }
  });

  test('come from a file with comments that others may not read', async () => {
    const { identity, recipient } = await newKeys();
    await using dir = await TempDir.create();
    const identityFile = dir.join('identity.txt');
    const settings = { recipients: [recipient], identityFile };
    await expect(loadAgeKeys(settings)).rejects.toThrow(/cannot be read: ENOENT/);

    await writeFile(identityFile, `# made by hand\n\n${identity}\n`, { mode: 0o600 });
    expect((await loadAgeKeys(settings)).canSeal).toBe(true);
    await chmod(identityFile, 0o604);
    await expect(loadAgeKeys(settings)).rejects.toThrow(/Run chmod 600 on it/);
    await writeFile(identityFile, '# nothing\n');
    await chmod(identityFile, 0o600);
    await expect(loadAgeKeys(settings)).rejects.toThrow(/has no identity in it/);
  });
});

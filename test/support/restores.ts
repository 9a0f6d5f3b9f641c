import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArtifactFormat, DumpContents } from '../../src/domain/backup.js';
import type { DatabaseEngine } from '../../src/engines/database-engine.js';
import type { AbandonTarget, DumpToLoad } from '../../src/engines/database-restorer.js';
import { beginDump, readAll } from './dumps.js';
import type { TempDir } from './temp-dir.js';

/** A whole dump, and what is recorded of it. */
export interface TakenDump {
  readonly bytes: Buffer;
  readonly format: ArtifactFormat;
  readonly contents: DumpContents | null;
  readonly engineVersion: string;
}

interface Source {
  readonly engine: DatabaseEngine;
  readonly url: string;
  readonly name: string;
  readonly scratch: TempDir;
}

/** Takes a whole dump of a user database, as the runner does. */
export async function takeRecordedDump(source: Source): Promise<TakenDump> {
  const { engineVersion } = await source.engine.checkHealth(source.url, new AbortController().signal);
  await using dump = await beginDump(source);
  const [bytes, contents] = await Promise.all([readAll(dump.content), dump.completion]);
  return { bytes, format: dump.format, contents, engineVersion };
}

/** The dump as it is loaded: by default its own bytes, in chunks. */
export function toLoad(dump: TakenDump, content: AsyncIterable<Uint8Array> = chunksOf(dump.bytes)): DumpToLoad {
  const { format, engineVersion, contents, bytes } = dump;
  return { format, engineVersion, contents, originalBytes: bytes.length, content };
}

export async function* chunksOf(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield await Promise.resolve(bytes.subarray(at, at + size));
}

/** Gives half of the bytes, then says so and gives no more. */
export async function* hangingHalf(bytes: Uint8Array, onHang: () => void): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes.subarray(0, bytes.length / 2));
  setImmediate(onHang);
  await new Promise(() => undefined);
}

/** Gives half of the bytes, then throws. */
export async function* failingHalf(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield* chunksOf(bytes.subarray(0, bytes.length / 2));
  throw error;
}

/** A target that no other restore has, by default a new database. To be abandoned, a commit of it may have begun. */
export async function aim(
  { url, scratch }: { readonly url: string; readonly scratch: TempDir },
  target: Partial<AbandonTarget> & { readonly database: string },
): Promise<AbandonTarget> {
  return {
    url,
    overwrite: false,
    isCommitBegun: true,
    stagingId: newStagingId(),
    scratchDir: await mkdtemp(join(scratch.path, 'restore-')),
    signal: new AbortController().signal,
    ...target,
  };
}

export function newStagingId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString('hex');
}

import { open, statfs } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { abortable } from '../abortable-content.js';
import type { DumpToLoad } from '../database-restorer.js';
import { findFault } from './check.js';
import { SqliteConnection } from './connection.js';
import { noRoom, restoreFailed, toRestoreFailure } from './errors.js';
import { findFormatFault, HEADER_BYTES } from './format.js';

/** One write. The next one is collected while it is under way. */
const WRITE_BYTES = 1024 * 1024;

export interface LoadOrder {
  /** Of a file that is not there yet. */
  readonly path: string;
  /** Who may read and write the file, before the process's umask. */
  readonly mode: number;
  /** Whether it has to outlast a power failure. */
  readonly isDurable: boolean;
  /** As failures call it. */
  readonly database: string;
  readonly signal: AbortSignal;
}

/**
 * Writes a dump to a file, and has SQLite check it.
 * @throws RestoreFailedError; what the content throws comes through unchanged
 */
export async function loadDump(dump: DumpToLoad, order: LoadOrder): Promise<void> {
  const { database, signal } = order;
  const content = new WatchedContent(abortable(dump.content, signal));
  try {
    await assertRoom(dump, order);
    await writeFile(content, order);
    await using connection = await SqliteConnection.open(order.path, { immutable: true });
    const fault = await connection.interruptible(signal, () => findFault(connection));
    if (fault !== null) throw restoreFailed(database, `what the backup holds ${fault}.`);
  } catch (error) {
    if (error === content.error) throw error;
    signal.throwIfAborted();
    throw toRestoreFailure(error, database);
  }
}

/** Remembers what the content threw: an error of the store looks the same as one of the disk that is written to. */
class WatchedContent {
  readonly #content: AsyncIterable<Uint8Array>;
  error: unknown = null;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#content;
    } catch (error) {
      this.error = error;
      throw error;
    }
  }
}

async function assertRoom({ originalBytes }: DumpToLoad, { path, database }: LoadOrder): Promise<void> {
  const { bavail, bsize } = await statfs(dirname(path));
  if (bavail * bsize < originalBytes) throw noRoom(database);
}

async function writeFile(content: AsyncIterable<Uint8Array>, order: LoadOrder): Promise<void> {
  // "wx": what somebody has put there, as a link to elsewhere, is not written to.
  const handle = await open(order.path, 'wx+', order.mode);
  try {
    await writeContent(content, handle);
    await assertWhole(handle, order.database);
    if (order.isDurable) await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeContent(content: AsyncIterable<Uint8Array>, handle: FileHandle): Promise<void> {
  let batch: Uint8Array[] = [];
  let batchBytes = 0;
  let writing = Promise.resolve();
  const flush = async (): Promise<void> => {
    await writing;
    writing = writeAll(handle, batch);
    // It is heard of when it is awaited.
    writing.catch(() => undefined);
    batch = [];
    batchBytes = 0;
  };
  try {
    for await (const chunk of content) {
      batch.push(chunk);
      batchBytes += chunk.byteLength;
      if (batchBytes >= WRITE_BYTES) await flush();
    }
    await flush();
  } finally {
    await writing;
  }
}

/** A write may take a part only, as on a disk that is nearly full. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await handle.writev(chunks);
  let rest = Buffer.concat(bytesWritten === byteLength(chunks) ? [] : chunks).subarray(bytesWritten);
  while (rest.byteLength > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten);
}

function byteLength(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.byteLength, 0);
}

/** To SQLite, an empty file and one with something behind its last page are databases, too. */
async function assertWhole(handle: FileHandle, database: string): Promise<void> {
  const header = Buffer.alloc(HEADER_BYTES);
  await handle.read(header, 0, HEADER_BYTES, 0);
  const fault = findFormatFault(header, (await handle.stat()).size);
  if (fault !== null) throw restoreFailed(database, `the backup holds no whole SQLite database: it ${fault}.`);
}

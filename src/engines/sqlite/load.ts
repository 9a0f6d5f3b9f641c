import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { abortable } from '../abortable-content.js';
import type { DumpToLoad } from '../database-restorer.js';
import { findFault } from './check.js';
import { SqliteConnection } from './connection.js';
import { noRoom, restoreFailed, toRestoreFailure } from './errors.js';
import { findFormatFault, HEADER_BYTES } from './format.js';
import { NewFile } from './new-file.js';

export interface LoadOrder {
  /** Of a file that is not there yet. */
  readonly path: string;
  /** Who may read and write the file, before the process's umask. */
  readonly mode: number;
  /** What it is for: a restored file has to outlast a power failure, and one to prove a backup with is checked by SQLite. */
  readonly purpose: 'restore' | 'proof';
  /** As failures call it. */
  readonly database: string;
  readonly signal: AbortSignal;
}

/**
 * Writes a dump to a file. SQLite has checked the very bytes when the backup was taken, and their hash says that they are
 * still those: it does so again only for a proof.
 * @throws RestoreFailedError; what the content throws comes through unchanged
 */
export async function loadDump(dump: DumpToLoad, order: LoadOrder): Promise<void> {
  const { database, signal } = order;
  const content = new WatchedContent(abortable(dump.content, signal));
  try {
    await assertRoom(dump, order);
    const { path, mode, purpose } = order;
    await using file = await NewFile.create(path, { mode, isDurable: purpose === 'restore' });
    await writeFile(content, file, database);
    await file.sync();
    await checkLoaded(order);
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

async function writeFile(content: AsyncIterable<Uint8Array>, file: NewFile, database: string): Promise<void> {
  for await (const chunk of content) await file.write(chunk);
  const { head, sizeBytes } = await file.finish(HEADER_BYTES);
  // To SQLite, an empty file and one with something behind its last page are databases, too.
  const fault = findFormatFault(head, sizeBytes);
  if (fault !== null) throw restoreFailed(database, `the backup holds no whole SQLite database: it ${fault}.`);
}

async function checkLoaded({ path, purpose, database, signal }: LoadOrder): Promise<void> {
  await using connection = await SqliteConnection.openImmutable(path);
  await connection.pinSnapshot();
  if (purpose === 'restore') return;
  const fault = await connection.interruptible(signal, () => findFault(connection));
  if (fault !== null) throw restoreFailed(database, `what the backup holds ${fault}.`);
}

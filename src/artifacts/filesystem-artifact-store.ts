import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, mkdir, open, opendir, rename, rm, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import type { Readable } from 'node:stream';
import { PROJECT_NAME } from '../domain/naming.js';
import { ArtifactNotFoundError, ArtifactStoreError } from './artifact-store.js';
import type { ArtifactFile, ArtifactStore, BackupFolder, ByteRange } from './artifact-store.js';
import { MANIFEST_NAME } from './manifest.js';

/** Written bytes after which the disk is set to work beside the writing, so that little is left for the end. */
const SYNC_BYTES = 16 * 1024 * 1024;
/** Written bytes that may wait in the system's cache: a sync of them could last for minutes without a sign. */
const MAX_UNSYNCED_BYTES = 256 * 1024 * 1024;
/** One read of a stored file. */
const READ_CHUNK_BYTES = 1024 * 1024;

/** `<root>/<project>/<backupId>/<file>`, readable with any tool. */
export class FilesystemArtifactStore implements ArtifactStore {
  readonly location: string;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
    this.location = root;
  }

  async put(file: ArtifactFile, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
    const path = this.#pathOf(file);
    const folder = dirname(path);
    await orStoreError(() => this.#createFolder(folder));
    const temporary = join(folder, `.${randomUUID()}.part`);
    const handle = await orStoreError(() => open(temporary, 'wx', 0o640));
    try {
      const bytes = await writeAll(handle, content, signal);
      await orStoreError(async () => {
        await handle.sync();
        await handle.close();
        signal.throwIfAborted();
        await rename(temporary, path);
        await syncFolder(folder).catch(async (error: unknown) => {
          await rm(path, { force: true });
          throw error;
        });
      });
      return bytes;
    } catch (error) {
      await handle.close().catch(() => undefined);
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  async open(file: ArtifactFile, signal: AbortSignal, range?: ByteRange): Promise<Readable> {
    try {
      const handle = await open(this.#pathOf(file), 'r');
      return handle.createReadStream({ ...range, highWaterMark: READ_CHUNK_BYTES, signal });
    } catch (error) {
      if (isMissing(error)) throw new ArtifactNotFoundError(file, { cause: error });
      throw toStoreError(error);
    }
  }

  async findSize(file: ArtifactFile): Promise<number | null> {
    try {
      const found = await stat(this.#pathOf(file));
      return found.isFile() ? found.size : null;
    } catch (error) {
      if (isMissing(error)) return null;
      throw toStoreError(error);
    }
  }

  async remove(backup: BackupFolder): Promise<void> {
    const folder = join(this.#root, backup.project, backup.backupId);
    await orStoreError(async () => {
      await orMissing(async () => {
        await unlink(join(folder, MANIFEST_NAME));
        // On disk before anything else goes: a power cut must not bring the manifest back alone.
        await syncFolder(folder);
      });
      await rm(folder, { recursive: true, force: true });
      await orMissing(() => syncFolder(dirname(folder)));
    });
  }

  async *list(signal: AbortSignal): AsyncGenerator<BackupFolder> {
    for await (const project of foldersOf(this.#root, signal)) {
      if (!PROJECT_NAME.pattern.test(project)) continue;
      for await (const backupId of foldersOf(join(this.#root, project), signal)) {
        const folder = { project, backupId };
        // One that cannot be looked at may have one; whoever reads it is told why not.
        if ((await this.findSize({ ...folder, name: MANIFEST_NAME }).catch(() => 0)) !== null) yield folder;
      }
    }
  }

  presign(): Promise<null> {
    return Promise.resolve(null);
  }

  async checkWritable(): Promise<void> {
    await orStoreError(async () => {
      await mkdir(this.#root, { recursive: true });
      await access(this.#root, constants.R_OK | constants.W_OK | constants.X_OK);
    });
  }

  #pathOf(file: ArtifactFile): string {
    return join(this.#root, file.project, file.backupId, file.name);
  }

  /** A new folder survives a power cut only once the folder that lists it is synced, and so on up. */
  async #createFolder(folder: string): Promise<void> {
    const topmost = await mkdir(folder, { recursive: true, mode: 0o750 });
    if (topmost === undefined) return;
    const parent = dirname(topmost);
    const steps = relative(parent, folder).split(sep);
    for (const [index] of steps.entries()) {
      await syncFolder(join(parent, ...steps.slice(0, index)));
    }
  }
}

async function writeAll(handle: FileHandle, content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  let syncedBytes = 0;
  let syncing: Promise<void> = Promise.resolve();
  let isSyncing = false;
  try {
    for await (const chunk of content) {
      signal.throwIfAborted();
      await orStoreError(() => writeWhole(handle, chunk));
      bytes += chunk.byteLength;
      // Writing goes on while the disk syncs; only a disk that has fallen far behind holds it up.
      if (isSyncing && bytes - syncedBytes >= MAX_UNSYNCED_BYTES) await orStoreError(() => syncing);
      if (isSyncing || bytes - syncedBytes < SYNC_BYTES) continue;
      syncedBytes = bytes;
      isSyncing = true;
      // One that has failed stays failed: what it was to sync is lost, whatever a later one says.
      syncing = syncing.then(() => handle.datasync());
      const settle = (): void => {
        isSyncing = false;
      };
      syncing.then(settle, settle);
    }
  } catch (error) {
    // The first error is the one to tell; the file must only not be closed under its sync.
    await syncing.catch(() => undefined);
    throw error;
  }
  await orStoreError(() => syncing);
  signal.throwIfAborted();
  return bytes;
}

/** A single write may take less than it was given. */
async function writeWhole(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength;) {
    const { bytesWritten } = await handle.write(chunk, offset);
    offset += bytesWritten;
  }
}

async function* foldersOf(parent: string, signal: AbortSignal): AsyncGenerator<string> {
  const folder = await opendir(parent).catch((error: unknown) => {
    if (isMissing(error)) return null;
    throw toStoreError(error);
  });
  if (folder === null) return;
  for await (const entry of folder) {
    signal.throwIfAborted();
    if (entry.isDirectory()) yield entry.name;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orStoreError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}

/** What is not there needs no work. */
async function orMissing(work: () => Promise<void>): Promise<void> {
  await work().catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
}

function toStoreError(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG';
  return new ArtifactStoreError(error.message, isFull, { cause: error });
}

function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

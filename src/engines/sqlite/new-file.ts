import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

/** One write. The next one is collected while it is under way. */
const WRITE_BYTES = 1024 * 1024;
/** What is written between two syncs: synced all at once, a large file would stop everything for seconds at its end. */
const SYNC_BYTES = 64 * 1024 * 1024;

interface NewFileOptions {
  /** Who may read and write the file, before the process's umask. */
  readonly mode: number;
  /** Whether it has to outlast a power failure: it is then synced while it is written. */
  readonly isDurable: boolean;
}

/** A file that is being written, from its begin to its end. */
export class NewFile implements AsyncDisposable {
  readonly #handle: FileHandle;
  readonly #isDurable: boolean;
  #batch: Uint8Array[] = [];
  #batchBytes = 0;
  #unsyncedBytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> = Promise.resolve();
  #isSyncing = false;

  private constructor(handle: FileHandle, isDurable: boolean) {
    this.#handle = handle;
    this.#isDurable = isDurable;
  }

  /** What somebody else has put there, as a link to elsewhere, is not written to: then it throws EEXIST. */
  static async create(path: string, { mode, isDurable }: NewFileOptions): Promise<NewFile> {
    return new NewFile(await open(path, 'wx+', mode), isDurable);
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#batch.push(chunk);
    this.#batchBytes += chunk.byteLength;
    if (this.#batchBytes >= WRITE_BYTES) await this.#flush();
  }

  /** Writes what is left. @returns the length of the file, and its first bytes */
  async finish(headBytes: number): Promise<{ readonly sizeBytes: number; readonly head: Buffer }> {
    await this.#flush();
    await this.#writing;
    const head = Buffer.alloc(headBytes);
    await this.#handle.read(head, 0, headBytes, 0);
    return { sizeBytes: (await this.#handle.stat()).size, head };
  }

  /** Resolves once all that was written is on the disk, if it has to be. */
  async sync(): Promise<void> {
    if (!this.#isDurable) return;
    await this.#syncing;
    await this.#handle.sync();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
    await this.#handle.close();
  }

  async #flush(): Promise<void> {
    await this.#writing;
    this.#unsyncedBytes += this.#batchBytes;
    this.#writing = writeAll(this.#handle, this.#batch);
    // It is heard of when it is awaited.
    this.#writing.catch(() => undefined);
    this.#batch = [];
    this.#batchBytes = 0;
    if (this.#isDurable && !this.#isSyncing && this.#unsyncedBytes >= SYNC_BYTES) this.#beginSync();
  }

  #beginSync(): void {
    this.#isSyncing = true;
    this.#unsyncedBytes = 0;
    this.#syncing = this.#handle.datasync().then(() => {
      // One that failed stays: the system tells of it once, and of the next one that all is well.
      this.#isSyncing = false;
    });
    this.#syncing.catch(() => undefined);
  }
}

/** A write may take a part only, as on a disk that is nearly full. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[]): Promise<void> {
  if (chunks.length === 0) return;
  const { bytesWritten } = await handle.writev(chunks);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
  let rest = Buffer.concat(bytesWritten === bytes ? [] : chunks).subarray(bytesWritten);
  while (rest.byteLength > 0) rest = rest.subarray((await handle.write(rest)).bytesWritten);
}

import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';

interface Usage {
  /** Connections of SQLite that have the file open and may lock it. */
  holds: number;
  /** Handles of our own that are to be closed once nothing holds the file. The first serves all further reads. */
  readonly kept: FileHandle[];
  readonly closing: Set<Promise<void>>;
}

/**
 * The database files that this process has open. By the rules of POSIX, closing any handle of a file drops all locks that
 * the process has on it: an application could then write into the middle of a copy. SQLite sees to its own handles; a
 * handle of Node's is therefore closed here, and not while SQLite holds the file.
 */
export class OpenFiles {
  /** By device and inode: a database has as many paths as there are links to it. */
  readonly #usages = new Map<string, Usage>();
  readonly #ownFiles: readonly string[];
  #holdingOwn: Promise<void> | null = null;

  /** @param ownFiles databases that this process has open throughout, not through this object */
  constructor(ownFiles: readonly string[]) {
    this.#ownFiles = ownFiles;
  }

  /**
   * Opens a file through SQLite.
   * @param connect is given what it has to dispose of once SQLite has closed the file
   */
  async hold<T extends AsyncDisposable>(path: string, connect: (held: AsyncDisposable) => Promise<T>): Promise<T> {
    for (;;) {
      const identity = await identityOf(path);
      const held = await this.#hold(identity);
      const connection = await connect(held).catch(async (error: unknown) => {
        await held[Symbol.asyncDispose]();
        throw error;
      });
      const identityNow = await identityOf(path).catch(() => null);
      if (identityNow === identity) return connection;
      // The path was given to another file meanwhile: perhaps it is that one that SQLite has open.
      await connection[Symbol.asyncDispose]();
    }
  }

  /** Reads the first bytes of a file, as many as there are; locks stay as they are. */
  async readHead(path: string, length: number): Promise<Buffer> {
    await (this.#holdingOwn ??= this.#holdOwn());
    const [kept] = this.#usages.get(await identityOf(path))?.kept ?? [];
    if (kept !== undefined) return readHead(kept, length);
    const handle = await open(path, 'r');
    try {
      return await readHead(handle, length);
    } finally {
      await this.#close(await handle.stat({ bigint: true }).then(toIdentity), handle);
    }
  }

  async #holdOwn(): Promise<void> {
    const identities = this.#ownFiles.map((path) => identityOf(path).catch(() => null));
    for (const identity of await Promise.all(identities)) if (identity !== null) await this.#hold(identity);
  }

  async #hold(identity: string): Promise<AsyncDisposable> {
    const usage = this.#usageOf(identity);
    // From here on no handle begins to be closed. Those that have begun must be through before there is a lock to drop.
    usage.holds += 1;
    await Promise.allSettled(usage.closing);
    return {
      [Symbol.asyncDispose]: async (): Promise<void> => {
        usage.holds -= 1;
        if (usage.holds === 0) await Promise.all(usage.kept.splice(0).map((handle) => this.#close(identity, handle)));
        this.#forget(identity, usage);
      },
    };
  }

  async #close(identity: string, handle: FileHandle): Promise<void> {
    const usage = this.#usageOf(identity);
    if (usage.holds > 0) {
      usage.kept.push(handle);
      return;
    }
    const closing = handle.close();
    usage.closing.add(closing);
    try {
      await closing;
    } finally {
      usage.closing.delete(closing);
      this.#forget(identity, usage);
    }
  }

  #usageOf(identity: string): Usage {
    const usage = this.#usages.get(identity) ?? { holds: 0, kept: [], closing: new Set() };
    this.#usages.set(identity, usage);
    return usage;
  }

  #forget(identity: string, { holds, kept, closing }: Usage): void {
    if (holds === 0 && kept.length === 0 && closing.size === 0) this.#usages.delete(identity);
  }
}

async function readHead(handle: FileHandle, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, 0);
  return buffer.subarray(0, bytesRead);
}

async function identityOf(path: string): Promise<string> {
  return toIdentity(await stat(path, { bigint: true }));
}

function toIdentity({ dev, ino }: { readonly dev: bigint; readonly ino: bigint }): string {
  return `${dev.toString()}:${ino.toString()}`;
}

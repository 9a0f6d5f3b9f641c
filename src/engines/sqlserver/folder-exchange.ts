import { constants } from 'node:fs';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '../../domain/errors.js';
import { ExchangeError } from './exchange.js';
import type { Exchange, ExchangeFile } from './exchange.js';
import { quoteText } from './quote.js';

/** One read or write. */
const CHUNK_BYTES = 1024 * 1024;
/** The server's account reads it by its group, or by the folder's default access list. */
const MODE = 0o640;

interface Folder {
  /** As the server sees it. */
  readonly serverDir: string;
  /** As this machine sees it. */
  readonly localDir: string;
}

/** A folder that the server and this machine share. */
export class FolderExchange implements Exchange {
  readonly #folder: Folder;

  constructor(folder: Folder) {
    this.#folder = folder;
  }

  file(name: string): ExchangeFile {
    return new FolderFile(this.#folder, name);
  }

  findFault(): null {
    return null;
  }

  async list(): Promise<readonly string[]> {
    return readdir(this.#folder.localDir);
  }

  /** Its account reaches the folder, or does not. */
  async grant(): Promise<void> {
    return Promise.resolve();
  }

  async revoke(): Promise<void> {
    return Promise.resolve();
  }

  toNewFileOptions(): readonly string[] {
    return ['FORMAT', 'INIT'];
  }
}

class FolderFile implements ExchangeFile {
  readonly name: string;
  readonly device: string;
  readonly missingReason: string;
  readonly backupOptions: readonly string[] = [];
  readonly restoreOptions: readonly string[] = [];
  readonly #path: string;
  readonly #folder: Folder;

  constructor(folder: Folder, name: string) {
    this.#folder = folder;
    this.name = name;
    this.#path = join(folder.localDir, name);
    this.missingReason = `the server has written it, and the file ${name} is not in the exchange folder here. Check that ${folder.localDir} (backupDirLocal) is the folder that the SQL Server sees as ${folder.serverDir} (backupDir).`;
    this.device = `DISK = ${quoteText(joinForServer(folder.serverDir, name))}`;
  }

  async findSize(): Promise<number | null> {
    try {
      return (await stat(this.#path)).size;
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return null;
      throw this.#toError(error, 'looked at');
    }
  }

  async read(signal: AbortSignal): Promise<Readable> {
    signal.throwIfAborted();
    try {
      // A link in the place of the file is none of the server's making.
      const handle = await open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW);
      const stream = handle.createReadStream({ highWaterMark: CHUNK_BYTES, signal });
      // Whoever reads it gets the error; an abort must not count as unhandled while nobody does.
      stream.on('error', () => undefined);
      return stream;
    } catch (error) {
      throw this.#toError(error, 'read');
    }
  }

  async write(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void> {
    const source = new WatchedContent(content);
    try {
      const handle = await open(this.#path, 'wx', MODE);
      // The server may be on another machine: what is not on the disk here it does not see there.
      const file = handle.createWriteStream({ highWaterMark: CHUNK_BYTES, flush: true });
      await pipeline(Readable.from(source, { objectMode: false }), file, { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw source.fault ?? this.#toError(error, 'written');
    }
  }

  async remove(): Promise<void> {
    try {
      await rm(this.#path, { force: true });
    } catch (error) {
      throw this.#toError(error, 'removed');
    }
  }

  #toError(error: unknown, deed: string): ExchangeError {
    const code = codeOf(error);
    const { localDir, serverDir } = this.#folder;
    const advice = ADVICE[code]?.(localDir, serverDir) ?? `${messageOf(error)}.`;
    const isFull = code === 'ENOSPC' || code === 'EDQUOT';
    return new ExchangeError(`the file ${this.name} in the exchange folder ${localDir} cannot be ${deed}: ${advice}`, {
      cause: error,
      isFull,
    });
  }
}

const ACCESS = (localDir: string): string =>
  `access is denied. The SQL Server's account writes there (in a container mssql, UID 10001), and so does this server's: let each read and remove what the other writes, as with setfacl -R -m u:10001:rwX,d:u:10001:rwX,u:<this server's user>:rwX,d:u:<this server's user>:rwX ${localDir}`;

const ADVICE: Readonly<Record<string, (localDir: string, serverDir: string) => string>> = {
  EACCES: ACCESS,
  EPERM: ACCESS,
  ENOSPC: () => 'its disk is full. Make room there.',
  EDQUOT: () => 'the quota of its disk is used up. Make room there.',
  EROFS: () => 'it is mounted read-only here.',
  ENOENT: (localDir, serverDir) =>
    `it is not there. Check that ${localDir} (backupDirLocal) is the folder that the SQL Server sees as ${serverDir} (backupDir).`,
  ENOTDIR: () => 'it is no folder. Name a folder in backupDirLocal.',
};

/** Remembers what the content threw: an error of the store looks the same as one of the disk that is written to. */
class WatchedContent {
  readonly #content: AsyncIterable<Uint8Array>;
  fault: Error | null = null;

  constructor(content: AsyncIterable<Uint8Array>) {
    this.#content = content;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#content;
    } catch (error) {
      this.fault = error as Error;
      throw error;
    }
  }
}

/** Folders of Windows are written with either separator; one of Linux has its own alone. */
function joinForServer(serverDir: string, name: string): string {
  const separator = serverDir.startsWith('/') ? '/' : '\\';
  return `${serverDir.replace(/[\\/]+$/, '')}${separator}${name}`;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

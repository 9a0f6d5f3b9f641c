import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SqlError } from './sql-error.js';
import type { ModelState } from './model-state.js';

/** Objects of a bucket, by key. */
export interface ModelBucket {
  /** What stands before a key: `s3://host/bucket/`. */
  readonly root: string;
  /** As a credential's secret gives them. */
  readonly keys: string;
  put(key: string, bytes: Buffer): void;
  get(key: string): Buffer | null;
  remove(key: string): void;
}

interface Places {
  readonly state: ModelState;
  /** The exchange folder, as the server sees it and as it is. */
  readonly serverDir: string;
  readonly folder: string;
  readonly bucket: ModelBucket | null;
}

/** A file that BACKUP writes and RESTORE reads. */
export interface Device {
  readonly name: string;
  write(bytes: Buffer): Promise<void>;
  read(): Promise<Buffer>;
  remove(): Promise<void>;
}

/** The files of the server: those of its disk, and those of a bucket. */
export class Devices {
  readonly #places: Places;

  constructor(places: Places) {
    this.#places = places;
  }

  /** @param options what the statement has behind WITH */
  open(kind: 'DISK' | 'URL', name: string, options: string): Device {
    return kind === 'DISK' ? this.#openDisk(name) : this.#openUrl(name, options);
  }

  #openDisk(name: string): Device {
    const { serverDir, folder } = this.#places;
    const file = name.startsWith(`${serverDir}\\`) ? name.slice(serverDir.length + 1) : null;
    const path = file === null ? null : join(folder, file);
    const fail = (error: unknown): never => {
      throw cannotOpen(name, path === null ? '3(The system cannot find the path specified.)' : toOsError(error));
    };
    const there = path ?? '/nowhere/at/all';
    return {
      name,
      write: async (bytes) => writeFile(there, bytes, { mode: 0o660 }).catch(fail),
      read: async () => readFile(there).catch(fail),
      remove: async () => rm(there, { force: true }),
    };
  }

  #openUrl(name: string, options: string): Device {
    const { bucket, state } = this.#places;
    const credential = /CREDENTIAL = N'([^']+)'/.exec(options)?.[1] ?? '';
    if (bucket === null || !name.startsWith(bucket.root) || state.credentials.get(credential) !== bucket.keys) {
      throw cannotOpen(name, '5(Access is denied.)');
    }
    const key = name.slice(bucket.root.length);
    return {
      name,
      write: async (bytes) => {
        bucket.put(key, bytes);
        return Promise.resolve();
      },
      read: async () => {
        const bytes = bucket.get(key);
        if (bytes === null) throw cannotOpen(name, '2(The system cannot find the file specified.)');
        return Promise.resolve(bytes);
      },
      remove: async () => {
        bucket.remove(key);
        return Promise.resolve();
      },
    };
  }
}

function cannotOpen(name: string, osError: string): SqlError {
  return new SqlError([
    { number: 3201, message: `Cannot open backup device '${name}'. Operating system error ${osError}` },
    { number: 3013, message: 'BACKUP DATABASE is terminating abnormally.' },
  ]);
}

function toOsError(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return OS_ERRORS[code] ?? '5(Access is denied.)';
}

const OS_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: '2(The system cannot find the file specified.)',
  ENOSPC: '112(There is not enough space on the disk.)',
};

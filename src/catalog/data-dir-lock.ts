import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { DataSource, QueryFailedError } from 'typeorm';

/** Another process holds the data directory. The message says which. */
export class DataDirLockedError extends Error {
  override readonly name = 'DataDirLockedError';
}

/**
 * Keeps a data directory, with the catalog in it, to one server. It is a lock of the operating system, taken through
 * SQLite on an empty database beside the catalog: it goes with its process, however that dies, so no stale lock exists.
 */
export class DataDirLock implements AsyncDisposable {
  readonly #database: DataSource;

  private constructor(database: DataSource) {
    this.#database = database;
  }

  /** @throws DataDirLockedError */
  static async acquire(dataDir: string): Promise<DataDirLock> {
    const holderFile = join(dataDir, 'server.lock.json');
    const database = new DataSource({ type: 'sqlite', database: lockFileOf(dataDir) });
    await database.initialize();
    try {
      await database.query('BEGIN EXCLUSIVE');
    } catch (error) {
      await database.destroy();
      if (!isBusy(error)) throw error;
      throw new DataDirLockedError(
        `The data directory ${dataDir} is in use by ${await describeHolder(holderFile)}. Stop that server, or give this one another DATA_DIR.`,
      );
    }
    const holder = { pid: process.pid, host: hostname(), since: new Date().toISOString() };
    await writeFile(holderFile, `${JSON.stringify(holder)}\n`);
    return new DataDirLock(database);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#database.destroy();
  }
}

/** The database that is locked. It is empty, and stays. */
export function lockFileOf(dataDir: string): string {
  return join(dataDir, 'server.lock');
}

function isBusy(error: unknown): boolean {
  return error instanceof QueryFailedError && (error.driverError as NodeJS.ErrnoException).code === 'SQLITE_BUSY';
}

async function describeHolder(holderFile: string): Promise<string> {
  try {
    const holder = JSON.parse(await readFile(holderFile, 'utf8')) as { pid: number; host: string; since: string };
    return `process ${holder.pid.toString()} on ${holder.host} (since ${holder.since})`;
  } catch {
    return 'another process that is only just starting';
  }
}

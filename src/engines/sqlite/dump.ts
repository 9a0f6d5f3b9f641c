import { createReadStream } from 'node:fs';
import { stat, statfs } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import sqlite3 from 'sqlite3';
import { BackupFailureCode } from '../../domain/backup.js';
import type { DumpContents } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import type { DumpTool } from '../../artifacts/manifest.js';
import type { Dump, DumpRequest } from '../database-engine.js';
import { findFault } from './check.js';
import { SqliteConnection } from './connection.js';
import { countRows } from './counts.js';
import { scratchFull, toDumpFailure } from './errors.js';
import { isAtRest } from './file.js';
import type { OpenFiles } from './open-files.js';

/** One read of the copy. */
const READ_CHUNK_BYTES = 1024 * 1024;
/** How often a database may change under an unlocked copy before it is given up. */
const MAX_ATTEMPTS = 3;
/** File systems stamp times with the kernel's tick: two writes within one look the same. */
const TIMESTAMP_TICK_MS = 20;
/** What SQLite checks at the very least, on a slow disk, in bytes a millisecond. */
const CHECK_BYTES_PER_MS = 4 * 1024;

/** A copy of the database in the scratch folder, being checked by SQLite while it is read. */
export class SqliteDump implements Dump {
  readonly format = 'sqlite';
  readonly isCompressed = false;
  readonly tool: DumpTool;
  readonly content: Readable;
  readonly completion: Promise<DumpContents>;
  readonly completionAllowanceMs: number;
  readonly #copy: SqliteConnection;

  private constructor({ copy, path, sizeBytes }: CheckedCopy, request: DumpRequest) {
    this.#copy = copy;
    this.tool = { name: 'sqlite3 online backup', version: sqlite3.VERSION };
    this.content = createReadStream(path, { highWaterMark: READ_CHUNK_BYTES, signal: request.signal });
    // Whoever reads it gets the error; an abort must not count as unhandled while nobody does.
    this.content.on('error', () => undefined);
    // Checked, then counted.
    this.completionAllowanceMs = (2 * sizeBytes) / CHECK_BYTES_PER_MS;
    this.completion = checkCopy(copy, request.database.name).catch((error: unknown) => {
      throw toDumpFailure(error, request.database.name);
    });
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.completion.catch(() => undefined);
  }

  static async begin(source: Source, request: DumpRequest): Promise<SqliteDump> {
    const path = join(request.scratchDir, 'copy.sqlite');
    try {
      await copyDatabase(source, path, request);
      request.signal.throwIfAborted();
      const { size: sizeBytes } = await stat(path);
      const copy = await SqliteConnection.openImmutable(path);
      return new SqliteDump({ copy, path, sizeBytes }, request);
    } catch (error) {
      throw request.signal.aborted ? error : toDumpFailure(error, request.database.name);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.content.destroy();
    this.#copy.interrupt();
    await this.completion.catch(() => undefined);
    await this.#copy[Symbol.asyncDispose]();
  }
}

/** The database that is copied. */
export interface Source {
  readonly path: string;
  readonly files: OpenFiles;
}

interface CheckedCopy {
  readonly copy: SqliteConnection;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Copies a consistent state of the database, without a trace beside it. */
async function copyDatabase({ path: source, files }: Source, path: string, request: DumpRequest): Promise<void> {
  const { database, scratchDir, signal } = request;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
    const { stamp: before, immutable } = await examine({ path: source, files }, signal);
    await assertRoom(scratchDir, Number(before.size), database.name);
    {
      await using connection = immutable
        ? await SqliteConnection.openImmutable(source)
        : await SqliteConnection.openForReading(source, files);
      await connection.pinSnapshot();
      await connection.copyTo(path, request.onStaged, signal);
    }
    const after = await stat(source, { bigint: true }).catch(() => null);
    if (after?.ino !== before.ino || after.dev !== before.dev) throw replaced(database.name);
    if (!immutable || isSameState(before, after)) return;
    request.onStaged(-Number(before.size));
  }
  throw new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `Database ${database.name} was opened and changed each time it was being copied. Try again.`,
  );
}

interface Examined {
  readonly stamp: BigIntStats;
  /** Whether it is to be read without locks: then the stamp is old enough that any later write must show in it. */
  readonly immutable: boolean;
}

async function examine({ path, files }: Source, signal: AbortSignal): Promise<Examined> {
  for (;;) {
    signal.throwIfAborted();
    const stamp = await stat(path, { bigint: true });
    const immutable = await isAtRest(path, files);
    const ageMs = Date.now() - Number(stamp.mtimeMs);
    // A busy database is always fresh: where locks protect the copy it must not be waited for.
    if (!immutable || ageMs < 0 || ageMs > TIMESTAMP_TICK_MS) return { stamp, immutable };
    await delay(TIMESTAMP_TICK_MS, undefined, { signal });
  }
}

function isSameState(before: BigIntStats, after: BigIntStats): boolean {
  return before.size === after.size && before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs;
}

async function assertRoom(scratchDir: string, neededBytes: number, database: string): Promise<void> {
  const { bavail, bsize } = await statfs(scratchDir);
  if (bavail * bsize < neededBytes) throw scratchFull(database);
}

/** @returns what the copy holds, once nothing can be said against it */
async function checkCopy(copy: SqliteConnection, database: string): Promise<DumpContents> {
  const fault = await findFault(copy);
  if (fault !== null) throw refused(database, fault);
  return { tables: await countRows(copy), attributes: null };
}

function refused(database: string, finding: string): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `Database ${database} ${finding}. Mend the database, then take the backup again.`,
  );
}

function replaced(database: string): BackupFailedError {
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    `The file of database ${database} was removed or replaced while it was being copied.`,
  );
}

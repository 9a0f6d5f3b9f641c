import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableRows } from '../../domain/backup.js';
import { RestoreFailedError } from '../../domain/failure.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { findPlace } from './beside.js';
import type { Place } from './beside.js';
import { SqliteConnection } from './connection.js';
import { countRows } from './counts.js';
import { isGone, restoreFailed, toRestoreFailure, toUnknown } from './errors.js';
import { COMPANIONS, exists, isThere, syncFolder } from './file.js';
import { loadDump } from './load.js';
import { isPending, publish, putBack, removeAside, removeRest, replace } from './swap.js';
import type { SqliteAccess } from './probe.js';
import type { SqliteRoots } from './url.js';

/** Of a database that was not there: what SQLite itself would give it. */
const NEW_FILE_MODE = 0o644;
/** Of what is not to be read by others yet, or by nobody else. */
const PRIVATE_FILE_MODE = 0o600;

/** Loads a dump into a hidden file in the database's folder. */
export async function stageSqlite(target: RestoreTarget, dump: DumpToLoad, roots: SqliteRoots): Promise<void> {
  const { database, signal } = target;
  signal.throwIfAborted();
  const { folder, path, staged } = await placeOf(target, roots);
  const mode = (await exists(path)) ? PRIVATE_FILE_MODE : NEW_FILE_MODE;
  await failingAsRestore(target, () => rm(staged, { force: true }));
  await loadDump(dump, { path: staged, mode, purpose: 'restore', database, signal });
  await failingAsRestore(target, () => syncFolder(folder));
}

/** Gives the staged file the database's name. @returns whether nothing is left beside */
export async function commitSqlite(target: RestoreTarget, { roots, files }: SqliteAccess): Promise<boolean> {
  const { database, signal } = target;
  signal.throwIfAborted();
  const place = await findPlace(target, roots).catch((error: unknown) => {
    throw toUnknown(error);
  });
  try {
    if (!(await isThere(place.staged))) await assertCommitted(place, database);
    else if (target.overwrite) await replace(place, target, files);
    else await publish(place, database);
    await syncFolder(place.folder);
  } catch (error) {
    signal.throwIfAborted();
    const isAsBefore = !isGone(error) && (await isPending(place));
    throw isAsBefore ? toRestoreFailure(error, database) : toUnknown(error);
  }
  return removeRest(place);
}

/** Removes what was staged; a broken-off swap gives the old database its companions back. */
export async function abandonSqlite(target: RestoreTarget, roots: SqliteRoots): Promise<void> {
  target.signal.throwIfAborted();
  const place = await findPlace(target, roots).catch((error: unknown) => {
    // Where nothing can be restored to, nothing was put. A folder that is out of reach may hold something.
    if (error instanceof RestoreFailedError) return null;
    throw toUnknown(error);
  });
  if (place === null) return;
  try {
    if (await isThere(place.staged)) await putBack(place);
    else await removeAside(place);
    for (const ending of ['', ...COMPANIONS]) await rm(`${place.staged}${ending}`, { force: true });
    await syncFolder(place.folder);
  } catch (error) {
    target.signal.throwIfAborted();
    throw toUnknown(error);
  }
}

/** Loads a dump into the scratch folder, and counts its rows. */
export async function proveSqlite(scratch: ProofTarget, dump: DumpToLoad): Promise<readonly TableRows[]> {
  const { scratchDir, signal } = scratch;
  const path = join(scratchDir, 'proof.sqlite');
  const database = 'of the proof';
  try {
    await loadDump(dump, { path, mode: PRIVATE_FILE_MODE, purpose: 'proof', database, signal });
    return await failingAsRestore({ database, signal }, async () => {
      await using connection = await SqliteConnection.openImmutable(path);
      return await connection.interruptible(signal, () => countRows(connection));
    });
  } finally {
    await rm(path, { force: true });
  }
}

async function placeOf(target: RestoreTarget, roots: SqliteRoots): Promise<Place> {
  return failingAsRestore(target, () => findPlace(target, roots));
}

/** That what is no longer staged has its name: a commit of before was not heard of. */
async function assertCommitted({ path }: Place, database: string): Promise<void> {
  if (await isThere(path)) return;
  throw restoreFailed(database, 'what was loaded of it is not there any more. Restore it again.');
}

async function failingAsRestore<T>(
  { database, signal }: Pick<RestoreTarget, 'database' | 'signal'>,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw toRestoreFailure(error, database);
  }
}

import { chmod, chown, link, lstat, rename, rm, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { RestoreFailureCode } from '../../domain/restore.js';
import type { RestoreTarget } from '../database-restorer.js';
import type { Place } from './beside.js';
import { codeOf, restoreFailed } from './errors.js';
import { ExclusiveFile } from './exclusive.js';
import { COMPANIONS, exists, syncFolder } from './file.js';
import type { OpenFiles } from './open-files.js';

const MODE_BITS = 0o7777;

/** Gives the staged file its name beside its own, if nothing has that: unlike a rename, a link replaces nothing, whoever was faster. */
export async function publish({ path, staged }: Place, database: string): Promise<void> {
  if (!(await isSameFile(path, staged))) {
    const stray = await findCompanion(path);
    if (stray !== null) {
      throw targetExists(database, `there is a file ${stray} of one, which SQLite would take for a part of it`);
    }
    await linkTo(path, { staged, database });
  }
}

/** Whether the staged file has no other name yet: then the database is as it was. */
export async function isPending({ path, staged }: Place): Promise<boolean> {
  return (await exists(staged)) && !(await isSameFile(path, staged));
}

/** @returns whether nothing is left of what was put beside a database that has its name */
export async function removeRest(place: Place): Promise<boolean> {
  try {
    await rm(place.staged, { force: true });
    await removeAside(place);
    await syncFolder(place.folder);
    return true;
  } catch {
    return false;
  }
}

/**
 * Gives the staged file its name, in place of the file that has it. Killed between any two of these calls, it leaves the
 * old database or the new, whole: the old one is made whole in its one file first; what SQLite cannot read keeps its
 * companions, put aside, until it is replaced. The new file never meets a companion of the old: SQLite would replay it.
 */
export async function replace(place: Place, { database, signal }: RestoreTarget, files: OpenFiles): Promise<void> {
  const { folder, path, staged } = place;
  const old = await findFile(path, database);
  if (old === null) {
    await putAside(place);
    await rename(staged, path);
    return;
  }
  await using file = await ExclusiveFile.take({ path, database, signal, files });
  await takeOver(staged, old);
  if (file.isReadable) await removeCompanions(path);
  else await putAside(place);
  try {
    // A power failure must not bring a companion back that the rename has outlived.
    await syncFolder(folder);
    signal.throwIfAborted();
    await rename(staged, path);
    await syncFolder(folder);
  } catch (error) {
    if (await exists(staged)) await putBack(place);
    throw error;
  }
}

/** Undoes what was put aside. */
export async function putBack({ path, aside }: Place): Promise<void> {
  for (const ending of COMPANIONS) {
    const isAside = await exists(`${aside}${ending}`);
    if (isAside && !(await exists(`${path}${ending}`))) await rename(`${aside}${ending}`, `${path}${ending}`);
  }
}

export async function removeAside({ aside }: Place): Promise<void> {
  await removeCompanions(aside);
}

async function putAside({ path, aside }: Place): Promise<void> {
  for (const ending of COMPANIONS) {
    if (await exists(`${path}${ending}`)) await rename(`${path}${ending}`, `${aside}${ending}`);
  }
}

async function removeCompanions(path: string): Promise<void> {
  for (const ending of COMPANIONS) await rm(`${path}${ending}`, { force: true });
}

async function linkTo(
  path: string,
  { staged, database }: { readonly staged: string; readonly database: string },
): Promise<void> {
  try {
    await link(staged, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw targetExists(database, 'there is a database of that name', error);
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) throw error;
    const reason =
      'its file system has no hard links, so that a database might be replaced unseen. Allow to overwrite.';
    throw restoreFailed(database, reason, { cause: error });
  }
}

/** Who may read the old database may read the new one, and no others. It takes the rights of root to give a file away. */
async function takeOver(staged: string, { uid, gid, mode }: Stats): Promise<void> {
  await chown(staged, uid, gid).catch(() => undefined);
  await chmod(staged, mode & MODE_BITS).catch(() => undefined);
}

async function findFile(path: string, database: string): Promise<Stats | null> {
  const old = await lstat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  });
  if (old !== null && !old.isFile()) throw restoreFailed(database, 'what has its name is no file. Remove it first.');
  return old;
}

async function findCompanion(path: string): Promise<string | null> {
  if (await exists(path)) return null;
  for (const ending of COMPANIONS) if (await exists(`${path}${ending}`)) return `${path}${ending}`;
  return null;
}

async function isSameFile(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((file) => stat(file, { bigint: true }).catch(() => null)));
  return one?.ino === two?.ino && one?.dev === two?.dev && one !== null;
}

function targetExists(database: string, what: string, cause?: unknown): Error {
  const reason = `${what}. Choose another name, or allow to overwrite.`;
  return restoreFailed(database, reason, { code: RestoreFailureCode.TARGET_EXISTS, cause });
}

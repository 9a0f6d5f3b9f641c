import { lstat, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isRestoreName, toReplacedName, toStagedName } from '../staging-name.js';
import { codeOf, restoreFailed } from './errors.js';
import { COMPANIONS, isCompanion } from './file.js';
import { resolvePath, resolveReal } from './url.js';
import type { SqliteRoots } from './url.js';

/** The longest file name of the usual file systems. */
const MAX_NAME_BYTES = 255;
/** SQLite must be able to name its files beside the database. */
const COMPANION_BYTES = Math.max(...COMPANIONS.map((ending) => ending.length));

/** Where a database is restored to. All of it is in one folder, so that a rename is all that it takes. */
export interface Place {
  readonly folder: string;
  /** The database's file, where links lead to; it need not be there. */
  readonly path: string;
  /** The file into which a dump is loaded. */
  readonly staged: string;
  /** Put aside, the companions of a database that SQLite cannot read are called so, with their endings. */
  readonly aside: string;
}

/** Whether a file's name is one of those that restores put beside databases. */
export function isBesideName(name: string): boolean {
  const ending = COMPANIONS.find((companion) => name.endsWith(companion)) ?? '';
  return name.startsWith('.') && isRestoreName(name.slice(1, name.length - ending.length));
}

/** Why the instance can have no database of that name: a sentence; null when it can. */
export async function findNameFault(url: string, name: string, roots: SqliteRoots): Promise<string | null> {
  const path = await resolvePath(url, roots);
  if (await isFolder(path, roots)) return findFileNameFault(name);
  if (name === basename(path)) return null;
  // What is out of reach may be a folder.
  await stat(path);
  return `The instance is a single file: only ${basename(path)} can be restored to it.`;
}

function findFileNameFault(name: string): string | null {
  if (name === '') return 'The name of a SQLite database is that of its file: it cannot be empty.';
  if (/[/\0]/.test(name)) return 'The name of a SQLite database is that of its file: it can hold no slash.';
  if (name.startsWith('.')) return 'The name of a SQLite database cannot begin with a dot.';
  if (isCompanion(name)) return `Files that end in ${COMPANIONS.join(', ')} are parts of other databases to SQLite.`;
  if (isRestoreName(name)) return 'Such names are for databases that are being restored.';
  if (Buffer.from(name).toString() !== name) return 'The name holds characters that are not whole.';
  const maxBytes = MAX_NAME_BYTES - COMPANION_BYTES;
  return Buffer.byteLength(name) > maxBytes ? `The name is longer than ${maxBytes.toString()} bytes.` : null;
}

/**
 * @throws RestoreFailedError when the instance can have no database of that name
 * @throws EngineUnreachableError when it leads out of the allowed roots
 */
export async function findPlace(
  { url, database, stagingId }: { readonly url: string; readonly database: string; readonly stagingId: string },
  roots: SqliteRoots,
): Promise<Place> {
  const fault = await findNameFault(url, database, roots);
  if (fault !== null) throw restoreFailed(database, `it cannot have that name. ${fault}`);
  const instance = await resolvePath(url, roots);
  const named = (await isFolder(instance, roots)) ? join(instance, database) : instance;
  const path = await realPathOf(named, database, roots);
  const folder = dirname(path);
  return {
    folder,
    path,
    staged: join(folder, `.${toStagedName(stagingId)}`),
    aside: join(folder, `.${toReplacedName(stagingId)}`),
  };
}

/** The instance's file may be what was lost: then the name alone tells. */
async function isFolder(path: string, roots: SqliteRoots): Promise<boolean> {
  try {
    return (await stat(await resolveReal(path, roots))).isDirectory();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Links are followed, as they are when the database is dumped: the file is replaced, and the links stay. */
async function realPathOf(path: string, database: string, roots: SqliteRoots): Promise<string> {
  try {
    await realpath(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
    const isLink = await lstat(path).then(
      () => true,
      () => false,
    );
    if (isLink)
      throw restoreFailed(database, 'its file is a symbolic link that leads nowhere. Mend or remove the link.');
    return join(await resolveReal(dirname(path), roots), basename(path));
  }
  return resolveReal(path, roots);
}

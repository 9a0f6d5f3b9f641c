import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Database } from '../../domain/database.js';
import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import { isBesideName } from './beside.js';
import { isCompanion, readHeader } from './file.js';
import type { OpenFiles } from './open-files.js';
import { resolveReal } from './url.js';
import type { SqliteRoots } from './url.js';

/** What it takes to look at the files of an instance. */
export interface SqliteAccess {
  readonly roots: SqliteRoots;
  readonly files: OpenFiles;
}

/** SQLite makes a file on opening and writes to it later: an empty file is a database without content. */
const EMPTY_DATABASE_NAME = /\.(db|db3|sqlite|sqlite3|s3db|sl3)$/i;
/** Files looked at side by side in a folder. */
const BATCH = 32;

/** The databases at a path: the file itself, or each SQLite file in the folder (not in folders below). */
export async function listSqliteDatabases(path: string, access: SqliteAccess): Promise<readonly Database[]> {
  const real = await resolveReal(path, access.roots);
  const entry = await stat(real);
  if (!entry.isDirectory()) {
    const database = await findDatabase(path, access);
    if (database === null) throw new EngineUnreachableError('the file is not a SQLite database, or it is encrypted.');
    return [database];
  }
  const names = (await readdir(real)).sort();
  const databases: Database[] = [];
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    const found = await Promise.all(batch.map((name) => findInFolder(join(path, name), access)));
    databases.push(...found.filter((database) => database !== null));
  }
  return databases;
}

/** That the file or folder is there and can be read. It takes no lock: applications must not notice that it is asked often. */
export async function checkReadable(path: string, access: SqliteAccess): Promise<void> {
  const real = await resolveReal(path, access.roots);
  if ((await stat(real)).isDirectory()) await readdir(real);
  else await listSqliteDatabases(path, access);
}

/** The file of a database by its name. @throws EngineUnreachableError when it is not there any more */
export async function findDatabaseFile(path: string, name: string, roots: SqliteRoots): Promise<string> {
  const real = await resolveReal(path, roots);
  return (await stat(real)).isDirectory() ? resolveReal(join(path, name), roots) : real;
}

/**
 * A file that vanishes or leads out of the roots is no database of the folder. One that cannot be read might be: leaving
 * it out in silence would make a backup of all databases that is not.
 */
async function findInFolder(path: string, access: SqliteAccess): Promise<Database | null> {
  if (isCompanion(path) || isBesideName(basename(path))) return null;
  try {
    const database = await findDatabase(path, access);
    return database?.sizeBytes === 0 && !EMPTY_DATABASE_NAME.test(path) ? null : database;
  } catch (error) {
    if (error instanceof EngineUnreachableError || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    const reason = `its file ${basename(path)} cannot be read (${messageOf(error)}). Give this server read permission, or move the file elsewhere.`;
    throw new EngineUnreachableError(reason, { cause: error });
  }
}

async function findDatabase(path: string, { roots, files }: SqliteAccess): Promise<Database | null> {
  const real = await resolveReal(path, roots);
  const entry = await stat(real);
  if (!entry.isFile()) return null;
  const isDatabase = entry.size === 0 || (await readHeader(real, files)).isDatabase;
  return isDatabase ? { name: basename(path), sizeBytes: entry.size, system: false } : null;
}

import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { DecompressStream } from 'zstd-napi';
import type { Manifest } from '../../src/artifacts/manifest.js';
import { SqliteFile } from './sqlite.js';

const run = promisify(execFile);

/** Whether the program that README names is there; without it the product's own library has to do. */
const zstdFault = spawnSync('zstd', ['--version']).error?.message ?? null;
export const zstdProgramFault =
  zstdFault === null
    ? null
    : `The zstd program is not there (${zstdFault}): backups are restored with the library instead`;

const ageFault = spawnSync('age', ['--version']).error?.message ?? null;
export const ageProgramFault =
  ageFault === null ? null : `The age program is not there (${ageFault}): tests that need it are skipped`;

async function decompress(file: string, to: string): Promise<void> {
  if (zstdFault === null) await run('zstd', ['--decompress', '--quiet', '--force', '-o', to, file]);
  else await pipeline(createReadStream(file), new DecompressStream(), createWriteStream(to));
}

/** Every file under a folder, by its path within it; none when the folder is not there. */
export async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map((file) => join(file.parentPath, file.name).slice(folder.length + 1)).sort();
}

/** Ids of the backups that have a folder in a store. */
export async function listBackupFolders(store: string): Promise<readonly string[]> {
  const projects = await readdir(store).catch(() => []);
  const folders = await Promise.all(projects.map((project) => readdir(join(store, project))));
  return folders.flat();
}

export async function readManifest(store: string, backupId: string, project = 'default'): Promise<Manifest> {
  return JSON.parse(await readFile(join(store, project, backupId, 'manifest.json'), 'utf8')) as Manifest;
}

/** Restores a backup of SQLite databases with nothing but zstd, sha256 and SQLite, as README says; throws when it is no good. */
export async function verifyByHand(store: string, backupId: string, scratch: string): Promise<void> {
  const folder = join(store, 'default', backupId);
  const { artifacts } = await readManifest(store, backupId);
  for (const { path, sha256, storedBytes, originalBytes } of artifacts) {
    const file = join(folder, path);
    const bytes = await readFile(file);
    const found = createHash('sha256').update(bytes).digest('hex');
    if (found !== sha256 || bytes.length !== storedBytes) throw new Error(`${file} is not what its manifest says`);
    const restored = join(scratch, `${backupId}.sqlite`);
    await decompress(file, restored);
    if ((await readFile(restored)).length !== originalBytes) throw new Error(`${file} has another length`);
    await using database = await SqliteFile.open(restored);
    const [check] = await database.all<{ integrity_check: string }>('PRAGMA integrity_check');
    if (check?.integrity_check !== 'ok') throw new Error(`${file} is damaged: ${String(check?.integrity_check)}`);
  }
}

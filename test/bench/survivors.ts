import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ApiClient, BackupState } from './api-client.js';
import { runTool } from './native-tools.js';
import type { ServerProcess } from './server-process.js';
import { findLogFaults, readStatusLog } from './status-log.js';
import type { StatusEvent } from './status-log.js';

/*
 * What must hold of a server that was killed and started again. Each function returns the faults that it finds.
 */

/** No instance is being backed up, and no backup is being made: nobody is there to do it. */
export async function findStuck(api: ApiClient): Promise<readonly string[]> {
  const { instances, backups } = await api.query<Statuses>(
    '{ instances { nodes { name status } } backups(filter: { status: BUILDING }) { nodes { name status } } }',
  );
  const stuck = [...instances.nodes.filter(({ status }) => status !== 'AVAILABLE'), ...backups.nodes];
  return stuck.map(({ name, status }) => `${name} is ${status}`);
}

interface Statuses {
  readonly instances: { readonly nodes: readonly { readonly name: string; readonly status: string }[] };
  readonly backups: { readonly nodes: readonly { readonly name: string; readonly status: string }[] };
}

/** The store holds the folders of COMPLETED backups alone, each with its manifest, and the scratch folder is empty. */
export async function findPartialFiles(
  server: ServerProcess,
  backups: readonly BackupState[],
): Promise<readonly string[]> {
  const files = await readdir(server.artifacts, { recursive: true, withFileTypes: true });
  const completed = new Set(backups.filter(({ status }) => status === 'COMPLETED').map(({ id }) => id));
  const faults: string[] = [];
  const manifests = new Set<string>();
  for (const file of files.filter((entry) => entry.isFile())) {
    if (file.name.endsWith('.part')) faults.push(`${file.name} was left`);
    if (file.name === 'manifest.json') manifests.add(file.parentPath);
  }
  for (const folder of files.filter((entry) => entry.isDirectory() && entry.parentPath !== server.artifacts)) {
    if (!manifests.has(join(folder.parentPath, folder.name))) faults.push(`folder ${folder.name} has no manifest`);
    if (!completed.delete(folder.name)) faults.push(`folder ${folder.name} belongs to no COMPLETED backup`);
  }
  faults.push(...[...completed].map((id) => `COMPLETED backup ${id} has no folder`));
  const scratch = await readdir(join(server.dataDir, '.rds-backup-scratch'));
  return [...faults, ...scratch.map((name) => `${name} was left in the scratch folder`)];
}

/** The log is whole and legal, ends in AVAILABLE, and begins with what a subscriber saw before the kill. */
export async function findLostEvents(
  api: ApiClient,
  instanceId: string,
  seen: readonly StatusEvent[],
): Promise<readonly string[]> {
  const log = await readStatusLog(api, instanceId);
  const forgotten = seen.filter(({ id, previousStatus, status }, index) => {
    const kept = log[index];
    return kept?.id !== id || kept.status !== status || kept.previousStatus !== previousStatus;
  });
  const open = log.at(-1)?.status === 'AVAILABLE' ? [] : ['the last event leaves the instance BACKING_UP'];
  return [
    ...findLogFaults(log),
    ...forgotten.map(({ id }) => `event ${id} was seen before the kill, and is another now`),
    ...open,
  ];
}

interface Manifest {
  readonly artifacts: readonly { readonly path: string; readonly sha256: string; readonly originalBytes: number }[];
}

/** Every COMPLETED backup is what its manifest says: by sha256, by zstd, and by SQLite. */
export async function findUnreadable(
  server: ServerProcess,
  completed: readonly BackupState[],
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { id, name } of completed) {
    const folder = join(server.artifacts, 'default', id);
    try {
      const { artifacts } = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
      if (artifacts.length !== 1) faults.push(`${name} holds ${artifacts.length.toString()} databases`);
      for (const { path, sha256 } of artifacts) faults.push(...(await findArtifactFaults(join(folder, path), sha256)));
    } catch (error) {
      faults.push(`${name}: ${String(error)}`);
    }
  }
  return faults;
}

async function findArtifactFaults(path: string, sha256: string): Promise<readonly string[]> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  if (hash.digest('hex') !== sha256) return [`${path} has another sha256 than its manifest says`];
  await runTool('zstd', ['-q', '-t', path]);
  const restored = path.replace(/\.zst$/, '.restored');
  await runTool('zstd', ['-q', '-d', '-f', path, '-o', restored]);
  const finding = (await runTool('sqlite3', [restored, 'PRAGMA integrity_check'])).trim();
  await rm(restored);
  return finding === 'ok' ? [] : [`${path} fails the integrity check: ${finding}`];
}

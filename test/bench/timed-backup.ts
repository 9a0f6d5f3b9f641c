import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from './native-tools.js';
import type { ServerProcess } from './server-process.js';
import type { BackupWatch } from './status-log.js';

export interface TimedBackup {
  /** From createBackup to the last artifact at its place. */
  readonly copiedMs: number;
  readonly completedMs: number;
  /** What was recorded of each table of the database. */
  readonly rows: readonly (number | null)[];
}

interface TimedOrder {
  readonly watch: BackupWatch;
  /** Name of the backup. */
  readonly backup: string;
  readonly database: string;
}

interface Manifest {
  readonly artifacts: readonly {
    readonly contents: { readonly tables: readonly { readonly rows: number | null }[] };
  }[];
}

/** Backs one database up, and removes the backup from the store, which must have been empty. */
export async function takeTimed(server: ServerProcess, { watch, backup, database }: TimedOrder): Promise<TimedBackup> {
  await runTool('sync', []);
  const begin = Date.now();
  const { completedMs } = await watch.take(backup, { databases: [database], includeSystemDatabases: false });
  const files = await readdir(server.artifacts, { recursive: true });
  const pathOf = (ending: string): string => join(server.artifacts, files.find((file) => file.endsWith(ending)) ?? '');
  // Renaming it into place is the last thing that was done to it.
  const { ctimeMs } = await stat(pathOf('.zst'));
  const { artifacts } = JSON.parse(await readFile(pathOf('manifest.json'), 'utf8')) as Manifest;
  await rm(server.artifacts, { recursive: true });
  const rows = artifacts.flatMap(({ contents }) => contents.tables.map((table) => table.rows));
  return { copiedMs: ctimeMs - begin, completedMs, rows };
}

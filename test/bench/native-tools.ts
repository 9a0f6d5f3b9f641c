import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** @returns what it prints. @throws when it is missing, or exits with another code than 0 */
export async function runTool(command: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run(command, args, { maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/** @throws when the line exits with another code than 0 */
export async function runShell(line: string): Promise<string> {
  return runTool('bash', ['-c', line]);
}

export interface NativeBackup {
  readonly totalMs: number;
  /** What each of the three programs took. */
  readonly stepsMs: readonly number[];
}

/** What an operator would type: an online backup, compressed, with its checksum. Nothing is verified. */
export async function takeNativeBackup(source: string, folder: string): Promise<NativeBackup> {
  const copy = join(folder, 'native.db');
  const compressed = `${copy}.zst`;
  const steps: readonly (readonly [string, readonly string[]])[] = [
    ['sqlite3', [source, `.backup '${copy}'`]],
    ['zstd', ['-q', '-3', '-T0', copy]],
    ['sha256sum', [compressed]],
  ];
  const stepsMs: number[] = [];
  for (const [command, args] of steps) {
    const begin = performance.now();
    await runTool(command, args);
    stepsMs.push(performance.now() - begin);
  }
  await rm(copy);
  await rm(compressed);
  return { totalMs: stepsMs.reduce((sum, ms) => sum + ms), stepsMs };
}

/** Puts the source into the page cache, and what earlier work has left to write onto the disk. */
export async function settleDisk(source: string): Promise<void> {
  await runTool('sync', []);
  await runTool('dd', [`if=${source}`, 'of=/dev/null', 'bs=1M', 'status=none']);
}

import { chmod, writeFile } from 'node:fs/promises';
import type { TempDir } from './temp-dir.js';

/** Puts a shell script into a folder, which is found there as a program of that name. */
export async function writeProgram(dir: TempDir, name: string, script: string): Promise<string> {
  const path = dir.join(name);
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { untilReleased } from './stoppable.js';

/** Runs work in a folder of its own for temporary files, which is removed however the work ends. */
export async function inScratchFolder<T>(
  root: string,
  ownerId: string,
  work: (scratchDir: string) => Promise<T>,
): Promise<T> {
  const scratchDir = await mkdtemp(join(root, `${ownerId}-`));
  try {
    return await work(scratchDir);
  } finally {
    await untilReleased(rm(scratchDir, { recursive: true, force: true }));
  }
}

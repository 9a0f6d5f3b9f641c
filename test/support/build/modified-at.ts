import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Of the project. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/** In milliseconds since 1970; 0 for a file that is not there. */
export function modifiedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

import { isRestoreName } from '../staging-name.js';
import { isSystemName } from './probe.js';

/** The server cuts longer names short without an error (NAMEDATALEN). */
const MAX_NAME_BYTES = 63;

/** Why no user database can have that name; null when one can. */
export function findNameFault(name: string): string | null {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes === 0) return 'A database needs a name.';
  if (bytes > MAX_NAME_BYTES) {
    return `The name has ${bytes.toString()} bytes; PostgreSQL takes at most ${MAX_NAME_BYTES.toString()}.`;
  }
  if (name.includes('\0')) return 'The name holds a null character, which PostgreSQL does not take.';
  if (isSystemName(name))
    return `The database ${name} belongs to the server itself and is not replaced. Choose another name.`;
  if (isRestoreName(name)) return 'The name is one that restores use while they run. Choose another.';
  return null;
}

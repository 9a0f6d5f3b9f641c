import { isRestoreName } from '../staging-name.js';

const MAX_CHARACTERS = 64;
/** The server's own, in any case: a client program of the dump takes others so called for them. */
const OWN_DATABASES = ['information_schema', 'performance_schema', 'mysql', 'sys'];
/** Characters of two UTF-16 units, and halves of them, which no identifier may hold. */
const BEYOND_BMP = /[\ud800-\udfff]/;

/** Why no user database can have the name; null when one can. */
export function findRestoreNameFault(name: string): string | null {
  if (name === '') return 'A database must have a name.';
  if (name.length > MAX_CHARACTERS)
    return `The name of a database has at most ${MAX_CHARACTERS.toString()} characters.`;
  if (name.endsWith(' ')) return 'The name of a database must not end with a space.';
  if (name.includes('\0')) return 'The name of a database must not hold a null character.';
  if (BEYOND_BMP.test(name)) {
    return 'The name of a database must not hold characters beyond U+FFFF, as emoji: the server takes none of them.';
  }
  if (OWN_DATABASES.includes(name.toLowerCase())) return `The name ${name} is that of a database of the server's own.`;
  if (isRestoreName(name)) return 'Names of that kind are kept for databases that are being restored.';
  return null;
}

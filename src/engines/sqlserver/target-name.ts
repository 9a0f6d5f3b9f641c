import { isRestoreName } from '../staging-name.js';
import { isSystemName } from './database-states.js';

/** sysname: UTF-16 units. */
const MAX_NAME_LENGTH = 128;

/** Why no user database can have that name; null when one can. */
export function findNameFault(name: string): string | null {
  if (name.trim() === '') return 'A database needs a name.';
  if (name.length > MAX_NAME_LENGTH) {
    return `The name has ${name.length.toString()} characters; SQL Server takes at most ${MAX_NAME_LENGTH.toString()}.`;
  }
  if (name.includes('\0')) return 'The name holds a null character, which SQL Server does not take.';
  // The server pads names with blanks when it compares them.
  if (name.endsWith(' ')) return 'The name ends with a blank, which SQL Server does not tell from the name without it.';
  if (isSystemName(name)) {
    return `The database ${name} belongs to SQL Server itself and is not restored through this API: its administrator restores it by hand, master with the server in single-user mode (sqlservr -m), model and msdb with SQL Server Agent stopped, each to the very same build. See "Restore by hand" in README.`;
  }
  if (isRestoreName(name)) return 'The name is one that restores use while they run. Choose another.';
  return null;
}

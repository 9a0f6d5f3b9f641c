import { EngineUnreachableError } from '../database-engine.js';
import type { SqlServerConnection } from './connection.js';
import { findUnavailableReason } from './database-states.js';
import type { DatabaseState } from './database-states.js';
import { quoteIdentifier } from './quote.js';

/** Databases that a refusal names. */
const NAMED_DATABASES = 5;

/** HAS_PERMS_BY_NAME takes its name quoted; null when there is no such right, or none to look. */
const MAY_BACK_UP = `SELECT d.name FROM sys.databases AS d
WHERE ISNULL(HAS_PERMS_BY_NAME(QUOTENAME(d.name), 'DATABASE', 'BACKUP DATABASE'), 0) = 1`;
/** What a login needs on the server, and what for. */
const SERVER_RIGHTS = [
  // RESTORE VERIFYONLY, HEADERONLY and FILELISTONLY take it, too.
  { right: 'CREATE ANY DATABASE', purpose: 'have backups verified, nor restore them' },
  // Without it a list of tables holds those alone that the login may use.
  { right: 'VIEW ANY DEFINITION', purpose: 'see which tables a backup holds' },
  { right: 'VIEW SERVER STATE', purpose: 'see which replica is the primary, and how far a backup is' },
];
const WHO = `SELECT SUSER_SNAME() AS login, ${SERVER_RIGHTS.map(
  ({ right }) => `CONVERT(bit, ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, '${right}'), 0)) AS [${right}]`,
).join(', ')}`;

/** That the login may back up all that can be backed up, and have its backups verified. @throws EngineUnreachableError */
export async function assertRights(connection: SqlServerConnection, states: readonly DatabaseState[]): Promise<void> {
  const [who = {}] = await connection.rows<Readonly<Record<string, unknown>>>(WHO);
  const login = quoteIdentifier(typeof who.login === 'string' ? who.login : '');
  const lacking = SERVER_RIGHTS.find(({ right }) => who[right] !== true);
  if (lacking !== undefined) {
    throw new EngineUnreachableError(
      `its login may not ${lacking.purpose}. Let the server's administrator run: GRANT ${lacking.right} TO ${login};`,
    );
  }
  const allowed = new Set((await connection.rows<{ name: string }>(MAY_BACK_UP)).map(({ name }) => name));
  const names = states
    .filter((state) => findUnavailableReason(state) === null && !allowed.has(state.name))
    .map(({ name }) => name);
  if (names.length === 0) return;
  const named = names.slice(0, NAMED_DATABASES);
  const more = names.length > named.length ? ` and ${(names.length - named.length).toString()} more` : '';
  const grants = named.map(
    (name) =>
      `USE ${quoteIdentifier(name)}; CREATE USER ${login} FOR LOGIN ${login}; ALTER ROLE db_backupoperator ADD MEMBER ${login};`,
  );
  throw new EngineUnreachableError(
    `its login may not back up ${named.map((name) => JSON.stringify(name)).join(', ')}${more}. Let the server's administrator run: ${grants.join(' ')}`,
  );
}

import { setTimeout as delay } from 'node:timers/promises';
import type { RestoreTarget } from '../database-restorer.js';
import { toReplacedName, toStagedName } from '../staging-name.js';
import { PostgresqlConnection } from './connection.js';
import { serverStateOf } from './errors.js';
import { quoteIdentifier } from './quote.js';
import { assertReplaceable } from './replaceable.js';
import { restoreFailed, targetExists } from './restore-failure.js';
import { told } from './restore.js';
import { besides, dropDatabase, endSessions, findPresent, listSessions, openAlone } from './staging.js';
import type { PresentDatabase } from './staging.js';
import type { PostgresqlServer } from './url.js';

/** How often it is tried to rename databases that others use. Each try takes the server some five seconds. */
const TRIES = 4;
/** How long to wait for the lock on a database, as while it is copied. */
const LOCK_TIMEOUT = '10s';
/** How often sessions are ended while a renaming waits for them. */
const END_EVERY_MS = 50;
/** Sessions that a failure names. */
const NAMED_SESSIONS = 5;

const OBJECT_IN_USE = '55006';
const LOCK_NOT_AVAILABLE = '55P03';
const DUPLICATE_DATABASE = '42P04';

/** A restore whose databases are renamed and removed. */
interface Swap {
  readonly connection: PostgresqlConnection;
  /** Ends the sessions for which the other waits. */
  readonly ender: PostgresqlConnection;
  readonly server: PostgresqlServer;
  readonly target: RestoreTarget;
  readonly signal: AbortSignal;
}

type Renaming = readonly [from: string, to: string];

/** @throws as `DatabaseRestorer.commitRestore` does */
export async function commitRestore(server: PostgresqlServer, target: RestoreTarget): Promise<boolean> {
  return atWork(server, target, async (swap) => {
    const { database, stagingId, signal } = target;
    const staged = toStagedName(stagingId);
    // An error before this is known is none of the restore: a commit of before may have been done.
    const present = await findPresent(swap.connection, [staged, database]);
    if (present.has(staged)) {
      await told({ database, user: server.user, signal }, () => giveName(swap, present));
    } else if (!present.has(database)) {
      throw restoreFailed(database, 'what was loaded for it is no longer there. Restore it again.');
    }
    return isDropped(toReplacedName(stagingId), swap);
  });
}

/** @throws as `DatabaseRestorer.abandonRestore` does */
export async function abandonRestore(server: PostgresqlServer, target: RestoreTarget): Promise<void> {
  const { database, signal } = target;
  await told({ database, user: server.user, signal }, () => atWork(server, target, takeBack));
}

async function takeBack(swap: Swap): Promise<void> {
  const { database, stagingId } = swap.target;
  const replaced = toReplacedName(stagingId);
  await dropDatabase(toStagedName(stagingId), swap);
  const present = await findPresent(swap.connection, [database, replaced]);
  const isWhole = present.get(replaced)?.isBroken === false;
  if (isWhole && !present.has(database)) await rename(swap, [[replaced, database]]);
  else await dropDatabase(replaced, swap);
}

async function atWork<T>(
  server: PostgresqlServer,
  target: RestoreTarget,
  work: (swap: Swap) => Promise<T>,
): Promise<T> {
  const { database, signal } = target;
  const admin = besides(server, database);
  await using connection = await openAlone(admin, target);
  await using ender = await PostgresqlConnection.open(admin, signal);
  return await work({ connection, ender, server: admin, target, signal });
}

/** The new database has its name by now: whatever keeps the old one is no failure of the restore. */
async function isDropped(name: string, swap: Swap): Promise<boolean> {
  try {
    await dropDatabase(name, swap);
    return true;
  } catch {
    swap.signal.throwIfAborted();
    return false;
  }
}

async function giveName(swap: Swap, present: ReadonlyMap<string, PresentDatabase>): Promise<void> {
  const { connection, server, target } = swap;
  const { database, overwrite, stagingId } = target;
  const [staged, replaced] = [toStagedName(stagingId), toReplacedName(stagingId)];
  if (!present.has(database)) {
    await rename(swap, [[staged, database]]);
    return;
  }
  if (!overwrite) throw targetExists(database);
  await assertReplaceable(connection, { database, user: server.user });
  // Of an earlier restore with this id, which was finished but for this.
  await dropDatabase(replaced, swap);
  await rename(swap, [
    [database, replaced],
    [staged, database],
  ]);
}

/**
 * Renames databases all at once or not at all. The server refuses that for five seconds while others are connected; those
 * who come meanwhile wait for it. @throws EngineUnreachableError, RestoreFailedError
 */
async function rename(swap: Swap, renamings: readonly Renaming[]): Promise<void> {
  const { connection, target, signal } = swap;
  await connection.rows(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  for (let left = TRIES; ; left -= 1) {
    try {
      await endingSessions(swap, renamings, renameOnce(connection, renamings));
      return;
    } catch (error) {
      signal.throwIfAborted();
      const state = serverStateOf(error);
      if (state === DUPLICATE_DATABASE) throw targetExists(target.database, error as Error);
      if (state !== OBJECT_IN_USE && state !== LOCK_NOT_AVAILABLE) throw error;
      if (left === 1) throw await inUse(swap, renamings, error as Error);
    }
  }
}

async function renameOnce(connection: PostgresqlConnection, renamings: readonly Renaming[]): Promise<void> {
  await connection.rows('BEGIN');
  try {
    for (const [from, to] of renamings) {
      await connection.rows(`ALTER DATABASE ${quoteIdentifier(from)} RENAME TO ${quoteIdentifier(to)}`);
    }
    await connection.rows('COMMIT');
  } catch (error) {
    // On a connection that is lost the server does that itself.
    await connection.rows('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function endingSessions(
  { ender, signal }: Swap,
  renamings: readonly Renaming[],
  renaming: Promise<void>,
): Promise<void> {
  const names = renamings.map(([from]) => from);
  const isOver = renaming.then(
    () => true,
    () => true,
  );
  const pause = async (): Promise<boolean> => delay(END_EVERY_MS, false, { signal });
  try {
    do await endSessions(ender, names);
    while (!(await Promise.race([isOver, pause()])));
  } catch {
    // It may be done all the same, and alone tells whether it is.
  }
  await renaming;
}

async function inUse({ ender, target }: Swap, renamings: readonly Renaming[], cause: Error): Promise<Error> {
  const names = renamings.map(([from]) => from);
  const sessions = await listSessions(ender, names);
  const named = sessions
    .slice(0, NAMED_SESSIONS)
    .map(({ pid, user, application }) => `${user ?? 'the server'} (process ${pid}, ${application ?? ''})`);
  const more = sessions.length > named.length ? ' and more' : '';
  const who = named.length === 0 ? cause.message : `These sessions could not be ended: ${named.join(', ')}${more}.`;
  const reason = `others use the one to be replaced, which is as it was. ${who} End them, and transactions that are prepared there, then try again.`;
  return restoreFailed(target.database, reason, cause);
}

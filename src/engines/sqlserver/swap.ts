import { messageOf } from '../../domain/errors.js';
import { EngineUnreachableError } from '../database-engine.js';
import type { AbandonTarget, RestoreTarget } from '../database-restorer.js';
import { SqlServerConnection } from './connection.js';
import { faultsOf } from './errors.js';
import { holdName, toRestoreFileName } from './exchange-names.js';
import type { ExchangePartner } from './exchange-names.js';
import { restoreFailed, targetExists, toRestoreFailure } from './failure.js';
import { drop, dropStaged, rename, renameInUse, setAccess, setOwner } from './renaming.js';
import { assertNoStranger, assertReplaceable, readPresent, toNames, unsettled } from './swap-state.js';
import type { Names, Present, PresentDatabase } from './swap-state.js';

/** "Database '%.*ls' already exists." */
const NAME_TAKEN = 1801;
const EVERYBODY = 'MULTI_USER';

/** That what is to be loaded can get its name in the end: a large database is not loaded in vain. @throws RestoreFailedError */
export async function assertSwappable({ server }: ExchangePartner, target: RestoreTarget): Promise<void> {
  await using connection = await SqlServerConnection.open(server, target.signal);
  const [rights] = await connection.rows<{ mayAlter: boolean }>(
    "SELECT CONVERT(bit, ISNULL(HAS_PERMS_BY_NAME(NULL, NULL, 'ALTER ANY DATABASE'), 0)) AS mayAlter",
  );
  if (rights?.mayAlter !== true) {
    const reason =
      "its login may not give databases their names. Let the server's administrator run: GRANT ALTER ANY DATABASE TO that login.";
    throw restoreFailed(target.database, reason);
  }
  const { target: present } = await readPresent(connection, toNames(target));
  if (present === null) return;
  if (!target.overwrite) throw targetExists(target.database);
  assertReplaceable(present);
}

/** @throws as `DatabaseRestorer.commitRestore` does */
export async function commitRestore(partner: ExchangePartner, target: RestoreTarget): Promise<boolean> {
  return told(target, async () => {
    await using connection = await openAlone(partner, target);
    const names = toNames(target);
    const present = await readPresent(connection, names);
    assertNoStranger(present, names);
    if (present.target?.isOurs !== true) {
      if (present.staged === null) throw await lost(connection, names, present.replaced);
      await swap(connection, names, { present, overwrite: target.overwrite });
    }
    return await removeReplaced(connection, names, target.signal);
  });
}

/** @throws as `DatabaseRestorer.commitRestore` does */
export async function abandonRestore(partner: ExchangePartner, target: AbandonTarget): Promise<void> {
  await told(target, async () => {
    await using connection = await openAlone(partner, target);
    const names = toNames(target);
    const present = await readPresent(connection, names);
    assertNoStranger(present, names);
    if (present.replaced !== null && present.target === null) await putBack(connection, names, EVERYBODY);
    else if (present.replaced !== null) await drop(connection, names.replaced);
    if (present.staged !== null) await drop(connection, names.staged);
    await removeFile(partner, toRestoreFileName(target.stagingId));
    // A commit that was broken off between two statements has left it so. Somebody else who is in there keeps it so.
    const mayBeClosed = target.isCommitBegun && target.overwrite && present.staged !== null;
    if (mayBeClosed && present.target?.access === 'SINGLE_USER') {
      await setAccess(connection, present.target.name, EVERYBODY).catch(() => undefined);
    }
  });
}

/** Removes what a proof has loaded. */
export async function removeStaged(partner: ExchangePartner, stagingId: string, signal: AbortSignal): Promise<void> {
  await using connection = await SqlServerConnection.open(partner.server, signal);
  await dropStaged(connection, stagingId);
}

/** Two servers of ours that take one for dead must not swap at the same time. */
async function openAlone(
  { server }: ExchangePartner,
  { stagingId, signal }: RestoreTarget,
): Promise<SqlServerConnection> {
  const connection = await SqlServerConnection.open(server, signal);
  try {
    await holdName(connection, toRestoreFileName(stagingId));
    return connection;
  } catch (error) {
    await connection[Symbol.asyncDispose]();
    throw error;
  }
}

async function removeFile({ server, exchange }: ExchangePartner, name: string): Promise<void> {
  await exchange.file(name).remove();
  await exchange.revoke(server, name);
}

interface Swap {
  readonly present: Present;
  readonly overwrite: boolean;
}

async function swap(connection: SqlServerConnection, names: Names, { present, overwrite }: Swap): Promise<void> {
  const old = present.target ?? present.replaced;
  if (present.target !== null) {
    if (!overwrite) throw targetExists(names.target);
    assertReplaceable(present.target);
  }
  // The site's users of the old one go on as they were.
  if (old !== null && old.owner !== null) await setOwner(connection, names.staged, old.owner);
  try {
    if (present.target !== null) await renameInUse(connection, present.target, names.replaced);
    await rename(connection, names.staged, names.target);
  } catch (error) {
    await settle(connection, names, { cause: error, access: present.target?.access ?? EVERYBODY });
  }
}

interface Trouble {
  readonly cause: unknown;
  /** Of the old one, before. */
  readonly access: string;
}

/**
 * After what the server has refused, the name leads to the old one again. A connection that is lost is for whoever takes the
 * restore over.
 * @throws the cause, unless the new one has its name; EngineUnreachableError when nobody knows what has
 */
async function settle(connection: SqlServerConnection, names: Names, { cause, access }: Trouble): Promise<void> {
  const [fault] = faultsOf(cause);
  if (fault === undefined) throw cause;
  const present = await readPresent(connection, names).catch((error: unknown) => {
    throw new EngineUnreachableError(`${messageOf(cause)} ${messageOf(error)}`);
  });
  if (present.target?.isOurs === true) return;
  assertNoStranger(present, names);
  if (present.replaced !== null && present.target === null) {
    await putBack(connection, names, access).catch((error: unknown) => {
      throw unsettled(names, `${messageOf(cause)} ${messageOf(error)}`);
    });
  }
  throw fault.number === NAME_TAKEN ? targetExists(names.target) : cause;
}

/** What was loaded is gone, and it was not this restore that removed it. */
async function lost(connection: SqlServerConnection, names: Names, replaced: PresentDatabase | null): Promise<Error> {
  if (replaced !== null) await putBack(connection, names, EVERYBODY);
  return restoreFailed(names.target, `what was loaded, ${names.staged}, is no longer there. Somebody has dropped it.`);
}

async function putBack(connection: SqlServerConnection, names: Names, access: string): Promise<void> {
  await rename(connection, names.replaced, names.target);
  await setAccess(connection, names.target, access);
}

/** @returns whether nothing is known to be left of it: the target has the new one by now, whatever comes of this */
async function removeReplaced(connection: SqlServerConnection, names: Names, signal: AbortSignal): Promise<boolean> {
  try {
    const { target, replaced } = await readPresent(connection, names);
    if (replaced === null) return true;
    if (target?.isOurs !== true) return false;
    await drop(connection, names.replaced);
    return true;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

async function told<T>({ database, signal }: RestoreTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    throw toRestoreFailure(error, database);
  }
}

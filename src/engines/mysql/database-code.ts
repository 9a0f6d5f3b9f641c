import { compareVersions } from '../client-tools.js';
import { Engine } from '../../domain/instance.js';
import { isSessionStatement } from './dump-parts.js';
import { serverErrorOf } from './errors.js';
import { quoteName } from './quote.js';
import { isLost } from './restore-failure.js';
import type { RestoreSession } from './restore-session.js';

/** ER_EMPTY_QUERY: a comment for servers of other versions. */
const EMPTY = 1065;
/** ER_TABLE_EXISTS_ERROR, ER_SP_ALREADY_EXISTS, ER_TRG_ALREADY_EXISTS, ER_EVENT_ALREADY_EXISTS. */
const EXISTS = new Set([1050, 1304, 1359, 1537]);
/** What a view refers to is not there: ER_BAD_DB_ERROR, ER_BAD_FIELD_ERROR, ER_NO_SUCH_TABLE, ER_SP_DOES_NOT_EXIST, ER_VIEW_INVALID. */
const VIEW_IS_BROKEN = new Set([1049, 1054, 1146, 1305, 1356]);

/** Names of what a database has besides its tables. */
interface Code {
  readonly triggers: readonly string[];
  readonly events: readonly string[];
  readonly routines: readonly { readonly name: string; readonly type: string }[];
  readonly views: readonly string[];
}

export async function listCode(session: RestoreSession, database: string): Promise<Code> {
  const { connection } = session;
  const from = quoteName(database);
  const triggers = await connection.query<{ Trigger: string }>(`SHOW TRIGGERS FROM ${from}`);
  const events = await connection.query<{ Name: string }>(`SHOW EVENTS FROM ${from}`);
  const routines = await connection.query<{ place: string; name: string; type: string }>(
    'SELECT ROUTINE_SCHEMA AS place, ROUTINE_NAME AS name, ROUTINE_TYPE AS type FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = ?',
    [database],
  );
  return {
    triggers: triggers.map(({ Trigger }) => Trigger),
    events: events.map(({ Name }) => Name),
    routines: routines.filter(({ place }) => session.isSame(place, database)),
    views: (await session.listNames(database)).filter(({ isView }) => isView).map(({ name }) => name),
  };
}

/** Removes what a database has besides its tables. Events go first: they would find less and less. */
export async function dropCode(session: RestoreSession, database: string): Promise<void> {
  const { triggers, events, routines, views } = await listCode(session, database);
  const at = (name: string): string => `${quoteName(database)}.${quoteName(name)}`;
  for (const name of events) await session.connection.run(`DROP EVENT IF EXISTS ${at(name)}`);
  for (const name of triggers) await session.connection.run(`DROP TRIGGER IF EXISTS ${at(name)}`);
  for (const name of views) await session.connection.run(`DROP VIEW IF EXISTS ${at(name)}`);
  // The body of a package goes with its package.
  for (const { name, type } of routines.toSorted((a, b) => b.type.length - a.type.length)) {
    await session.connection.run(`DROP ${type} IF EXISTS ${at(name)}`);
  }
}

/** How many statements were run, kept where whoever goes on finds it. */
interface CodeProgress {
  /** Null before the first try. */
  readDone: () => Promise<number | null>;
  writeDone: (count: number) => Promise<void>;
}

interface CodeToLoad {
  readonly database: string;
  readonly statements: readonly Buffer[];
  /** Whether a statement may be left out that the server refuses. */
  readonly tolerates: (statement: Buffer, error: unknown) => boolean | Promise<boolean>;
  /** Null when nobody goes on with it. */
  readonly progress: CodeProgress | null;
}

/** Runs statements in a database, in their order, as the dump has them. Goes on from where a former try has come to. */
export async function loadCode(session: RestoreSession, code: CodeToLoad): Promise<void> {
  try {
    await runAll(session, code);
  } catch (error) {
    // Of a connection that is gone nothing is to be taken back.
    if (!isLost(error)) await session.reset();
    throw error;
  }
  await session.reset();
}

async function runAll(
  { connection, product }: RestoreSession,
  { database, statements, tolerates, progress }: CodeToLoad,
): Promise<void> {
  const former = (await progress?.readDone()) ?? null;
  if (former === null) await progress?.writeDone(0);
  await connection.run(`USE ${quoteName(database)}`);
  const hasComment = product.engine === Engine.MARIADB && compareVersions(product.engineVersion, '10.5', 2) >= 0;
  // A dump says nothing of a comment that is empty.
  if (hasComment) await connection.run("ALTER DATABASE COMMENT ''");
  let mayBeDone = former !== null;
  for (const [index, statement] of statements.entries()) {
    const isSetting = isSessionStatement(statement);
    if (!isSetting && index < (former ?? 0)) continue;
    try {
      await connection.run(statement);
    } catch (error) {
      const number = serverErrorOf(error) ?? 0;
      const isDone = mayBeDone && !isSetting && EXISTS.has(number);
      if (!isDone && number !== EMPTY && !(await tolerates(statement, error))) throw error;
    }
    if (isSetting) continue;
    mayBeDone = false;
    await progress?.writeDone(index + 1);
  }
}

/** Whether a view refers to what is not there. */
export function isBrokenView(statement: Buffer, error: unknown): boolean {
  return isView(statement) && VIEW_IS_BROKEN.has(serverErrorOf(error) ?? 0);
}

function isView(statement: Buffer): boolean {
  return statement.toString('latin1', 0, 32).startsWith('/*!50001 CREATE ');
}

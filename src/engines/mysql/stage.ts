import type { TableRows } from '../../domain/backup.js';
import { Engine } from '../../domain/instance.js';
import type { DumpToLoad } from '../database-restorer.js';
import { feedTool } from '../feed-tool.js';
import { prepareCall } from './client-call.js';
import type { Staging, StagingServer } from './client-call.js';
import { listCode } from './database-code.js';
import { UnreadableDumpError } from './dump-reader.js';
import { DumpParts } from './dump-parts.js';
import { FOREIGN_ENGINES } from './foreign-rows.js';
import { quoteName } from './quote.js';
import { asRestore, restoreFailed, toLoadFailure } from './restore-failure.js';
import { RestoreSession } from './restore-session.js';
import { isRestoreTable, StagedState } from './staged-state.js';

/** A store may be slow, and a row large; a site's limits on statements are meant for its applications. */
const SESSION = 'SET SESSION autocommit = 1, wait_timeout = 86400, net_read_timeout = 3600;\n';
const MARIADB_SESSION = 'SET SESSION max_statement_time = 0, check_constraint_checks = 0;\n';

/**
 * Loads the tables of a dump into a database of their own, and puts all else of it beside them.
 * @throws RestoreFailedError, and what the content throws
 */
export async function stageDump(staging: Staging, { content }: DumpToLoad): Promise<void> {
  const { database, signal } = staging;
  const server = await asRestore(staging, async () => createStaged(staging));
  const parts = new DumpParts();
  await using call = await asRestore(staging, async () => prepareCall(staging, server));
  try {
    const preamble = server.product.engine === Engine.MARIADB ? `${SESSION}${MARIADB_SESSION}` : SESSION;
    const end = await feedTool(call.tool, tablesOf(content, parts, preamble), signal);
    if (end !== null) throw toLoadFailure(database, end, { ...server, largestBytes: parts.largestBytes });
  } catch (error) {
    if (error instanceof UnreadableDumpError) throw restoreFailed(database, `${error.message}.`, error);
    throw error;
  }
  if (!parts.isWhole) throw restoreFailed(database, 'its dump is not whole. Restore another backup of it.');
  await asRestore(staging, async () => concludeStaged(staging, parts));
}

/** Counts the rows of what was staged, with their history. */
export async function countStaged(staging: Staging): Promise<readonly TableRows[]> {
  await using session = await RestoreSession.open(staging);
  const { connection, staged } = session;
  const engines = FOREIGN_ENGINES.map((engine) => `'${engine}'`).join(', ');
  const tables = await connection.query<{ name: string; type: string }>(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES
     WHERE TABLE_SCHEMA = ? AND TABLE_NAME <> ? AND UPPER(ENGINE) NOT IN (${engines})`,
    [staged, staged],
  );
  const counts: TableRows[] = [];
  for (const { name, type } of tables) {
    if (type !== 'BASE TABLE' && type !== 'SYSTEM VERSIONED') continue;
    const history = type === 'SYSTEM VERSIONED' ? ' FOR SYSTEM_TIME ALL' : '';
    const sql = `SELECT COUNT(*) AS n FROM ${quoteName(staged)}.${quoteName(name)}${history}`;
    const [row] = await connection.run<{ n: number }>(sql);
    counts.push({ name, rows: row?.n ?? 0 });
  }
  return counts.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** An empty database, in place of what an earlier try has left. */
async function createStaged(staging: Staging): Promise<StagingServer> {
  await using session = await RestoreSession.open(staging);
  const { connection, product, staged } = session;
  await session.endLoading();
  await connection.run(`DROP DATABASE IF EXISTS ${quoteName(staged)}`);
  await connection.run(`CREATE DATABASE ${quoteName(staged)}`);
  const [row] = await connection.query<{ size: number }>('SELECT @@global.max_allowed_packet AS size');
  return { product, isEncrypted: connection.isEncrypted, maxAllowedPacket: row?.size ?? Infinity };
}

/** From here on it counts as staged. */
async function concludeStaged(staging: Staging, parts: DumpParts): Promise<void> {
  const { database, stagingId } = staging;
  await using session = await RestoreSession.open(staging);
  const { triggers, events, routines, views } = await listCode(session, session.staged);
  if (triggers.length + events.length + routines.length + views.length > 0) {
    throw restoreFailed(database, 'its dump has statements in places where its tool does not write them.');
  }
  const tables = await session.listTables(session.staged);
  const newTables = tables.filter((name) => !isRestoreTable(name)).map((name) => Buffer.from(name));
  await new StagedState(session.connection, stagingId).create({ newCode: parts.code, newTables });
}

async function* tablesOf(
  content: AsyncIterable<Uint8Array>,
  parts: DumpParts,
  preamble: string,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(preamble);
  for await (const chunk of content) yield parts.take(chunk);
  yield parts.end();
}

import type { Database } from '../../domain/database.js';
import type { Dump, DumpRequest } from '../database-engine.js';
import { toDumpFailure } from '../server-errors.js';
import { ToolDump } from '../tool-dump.js';
import { PostgresqlConnection } from './connection.js';
import { assertDumpable } from './dumpable.js';
import { toToolFailure } from './failure.js';
import type { DumpSubject } from './failure.js';
import { readHealth } from './probe.js';
import { RewriteWatch } from './rewrites.js';
import { COUNTING_TIMEOUT_MS, DumpSnapshot } from './snapshot.js';
import { toCall, toConninfo } from './tool-call.js';
import type { PostgresqlTools } from './tools.js';
import type { PostgresqlServer } from './url.js';

/** Roles, their memberships and settings, and tablespaces: they belong to the server, and to none of its databases. */
export const GLOBALS: Database = { name: 'globals', sizeBytes: 0, system: true };

interface ServerFacts {
  readonly version: string;
  /** Whether the user may read the passwords of roles, as they are kept. */
  readonly mayReadPasswords: boolean;
}

/** Begins to dump a database, or the globals, of the server as it is now. @throws BackupFailedError */
export async function beginDump(server: PostgresqlServer, tools: PostgresqlTools, request: DumpRequest): Promise<Dump> {
  const { database, signal } = request;
  const isGlobals = database.system && database.name === GLOBALS.name;
  try {
    return await (isGlobals ? dumpGlobals(server, tools, signal) : dumpDatabase(server, tools, request));
  } catch (error) {
    throw signal.aborted ? error : toDumpFailure(error, database.name);
  }
}

async function dumpDatabase(server: PostgresqlServer, tools: PostgresqlTools, request: DumpRequest): Promise<Dump> {
  const { database, signal } = request;
  const subject = await surveyDatabase(server, database.name, signal);
  const { dump } = await tools.getFor(subject.serverVersion);
  const own = { ...server, database: database.name };
  const watch = await RewriteWatch.start(own, signal);
  // After the first look of the watch: a table that is rewritten between the two fails the dump.
  const snapshot = await DumpSnapshot.open(own, signal);
  watch.onLocked(() => {
    snapshot.beginToCount();
  });
  try {
    return ToolDump.start({
      ...toCall(server, dump, toDatabaseArgs(database.name, snapshot.id)),
      format: 'pgdump',
      filter: watch.filter,
      signal,
      checkAfter: () => watch.assertNone(),
      readContents: () => snapshot.readContents(),
      contentsAllowanceMs: COUNTING_TIMEOUT_MS,
      release: () => {
        snapshot.close();
      },
      toFailure: (end) => watch.fault ?? toToolFailure(end, subject),
    });
  } catch (error) {
    snapshot.close();
    throw error;
  }
}

async function dumpGlobals(server: PostgresqlServer, tools: PostgresqlTools, signal: AbortSignal): Promise<Dump> {
  const facts = await askServer(server, signal);
  const { dumpAll } = await tools.getFor(facts.version);
  const subject = { database: GLOBALS.name, user: server.user, serverVersion: facts.version };
  return ToolDump.start({
    ...toCall(server, dumpAll, toGlobalsArgs(server, facts)),
    format: 'sql',
    signal,
    toFailure: (end) => toToolFailure(end, subject),
  });
}

async function surveyDatabase(server: PostgresqlServer, database: string, signal: AbortSignal): Promise<DumpSubject> {
  await using connection = await PostgresqlConnection.open(server, signal);
  const { engineVersion: serverVersion } = await readHealth(connection);
  const subject = { database, user: server.user, serverVersion };
  await assertDumpable(connection, subject);
  return subject;
}

async function askServer(server: PostgresqlServer, signal: AbortSignal): Promise<ServerFacts> {
  await using connection = await PostgresqlConnection.open(server, signal);
  const { engineVersion: version } = await readHealth(connection);
  const [row] = await connection.rows<Omit<ServerFacts, 'version'>>(
    `SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT') AS "mayReadPasswords"`,
  );
  return { version, mayReadPasswords: row?.mayReadPasswords === true };
}

/** Not compressed: the store does that, faster and better. */
function toDatabaseArgs(database: string, snapshot: string | null): readonly string[] {
  const state = snapshot === null ? [] : [`--snapshot=${snapshot}`];
  return ['--format=custom', '--compress=0', ...state, '--no-password', '--dbname', toConninfo(database)];
}

function toGlobalsArgs({ database }: PostgresqlServer, { mayReadPasswords }: ServerFacts): readonly string[] {
  const passwords = mayReadPasswords ? [] : ['--no-role-passwords'];
  return ['--globals-only', ...passwords, '--no-password', '--database', toConninfo(database)];
}

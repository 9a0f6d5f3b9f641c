import type { Database } from '../../domain/database.js';
import type { Dump, DumpRequest } from '../database-engine.js';
import { toDumpFailure } from '../server-errors.js';
import { ToolDump } from '../tool-dump.js';
import type { ToolCall } from '../tool-dump.js';
import { APPLICATION_NAME, PostgresqlConnection } from './connection.js';
import { assertDumpable } from './dumpable.js';
import { toToolFailure } from './failure.js';
import type { DumpSubject } from './failure.js';
import { readHealth } from './probe.js';
import { quoteConninfo } from './quote.js';
import { RewriteWatch } from './rewrites.js';
import type { PostgresqlTool, PostgresqlTools } from './tools.js';
import type { PostgresqlServer } from './url.js';

/** Roles, their memberships and settings, and tablespaces: they belong to the server, and to none of its databases. */
export const GLOBALS: Database = { name: 'globals', sizeBytes: 0, system: true };

const CONNECT_TIMEOUT_S = 10;
/** A connection whose other end has vanished is noticed within a minute, while the tool only reads. */
const KEEPALIVES = 'keepalives_idle=30 keepalives_interval=10 keepalives_count=3';
/** Where there can be no file, so that those of the user that this server runs as count for nothing. */
const NOWHERE = '/dev/null/none';

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
  const watch = await RewriteWatch.start({ ...server, database: database.name }, signal);
  return ToolDump.start({
    ...toCall(server, dump, toDatabaseArgs(database.name)),
    format: 'pgdump',
    filter: watch.filter,
    signal,
    checkAfter: () => watch.assertNone(),
    toFailure: (end) => watch.fault ?? toToolFailure(end, subject),
  });
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

function toCall(server: PostgresqlServer, { name, path, version }: PostgresqlTool, args: readonly string[]): ToolCall {
  const secrets = server.password === null ? [] : [server.password];
  return { tool: { name, version }, path, args, env: toEnvironment(server), secrets };
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
function toDatabaseArgs(database: string): readonly string[] {
  return ['--format=custom', '--compress=0', '--no-password', '--dbname', toConninfo(database)];
}

function toGlobalsArgs({ database }: PostgresqlServer, { mayReadPasswords }: ServerFacts): readonly string[] {
  const passwords = mayReadPasswords ? [] : ['--no-role-passwords'];
  return ['--globals-only', ...passwords, '--no-password', '--database', toConninfo(database)];
}

/** Quoted, so that no name of a database is taken for settings or a URL. */
function toConninfo(database: string): string {
  return `dbname=${quoteConninfo(database)} ${KEEPALIVES}`;
}

function toEnvironment(server: PostgresqlServer): Readonly<Record<string, string>> {
  return {
    PGHOST: server.host,
    PGPORT: server.port.toString(),
    PGUSER: server.user,
    ...(server.password !== null && { PGPASSWORD: server.password }),
    PGPASSFILE: NOWHERE,
    PGSSLMODE: server.sslMode,
    PGSSLROOTCERT: server.sslRootCert ?? NOWHERE,
    PGSSLCERT: server.sslCert ?? NOWHERE,
    PGSSLKEY: server.sslKey ?? NOWHERE,
    PGSSLCRL: NOWHERE,
    // The probe knows no GSSAPI either: both must reach the server in the same way.
    PGGSSENCMODE: 'disable',
    PGCONNECT_TIMEOUT: CONNECT_TIMEOUT_S.toString(),
    PGAPPNAME: APPLICATION_NAME,
  };
}

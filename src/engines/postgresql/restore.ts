import type { TableRows } from '../../domain/backup.js';
import type { DumpToLoad, ProofTarget, RestoreTarget } from '../database-restorer.js';
import { toStagedName } from '../staging-name.js';
import { feedTool } from '../feed-tool.js';
import { proveInScratch } from '../scratch-proof.js';
import { toAttributeStatements, toCreateDatabase, toDefaultGrant } from './attribute-statements.js';
import type { DatabaseAttributes } from './attributes.js';
import { PostgresqlConnection } from './connection.js';
import { readHealth } from './probe.js';
import { quoteIdentifier } from './quote.js';
import { assertReplaceable } from './replaceable.js';
import { restoreFailed, SHOWN_LINES, toRestoreFailure, toToolFailure } from './restore-failure.js';
import { besides, dropDatabase, openAlone, readVersionNumber } from './staging.js';
import { countAll } from './tables.js';
import { toCall, toConninfo } from './tool-call.js';
import type { PostgresqlTools } from './tools.js';
import type { PostgresqlServer } from './url.js';

/** How long the removal of a scratch database may take once its proof has ended, well or not. */
const REMOVAL_TIMEOUT_MS = 30_000;
/** A scratch server need not have the roles; and a subscription would keep the database from being removed. */
const PROOF_ARGS = ['--no-owner', '--no-privileges', '--no-subscriptions'];

/** A dump on its way into a database of its own. */
interface Loading {
  readonly server: PostgresqlServer;
  readonly tools: PostgresqlTools;
  /** To another database of the server. */
  readonly connection: PostgresqlConnection;
  /** The name that messages give it. */
  readonly database: string;
  readonly staged: string;
  readonly dump: DumpToLoad;
  readonly signal: AbortSignal;
}

/** @throws as `DatabaseRestorer.stageRestore` does */
export async function stageRestore(
  server: PostgresqlServer,
  tools: PostgresqlTools,
  { target, dump }: { readonly target: RestoreTarget; readonly dump: DumpToLoad },
): Promise<void> {
  const { database, stagingId, signal } = target;
  const admin = besides(server, database);
  await told({ database, user: server.user, signal }, async () => {
    await using connection = await openAlone(admin, target);
    if (target.overwrite) await assertReplaceable(connection, { database, user: server.user });
    const loading = { server: admin, tools, connection, database, staged: toStagedName(stagingId), dump, signal };
    await load(loading, []);
    await finish(loading);
  });
}

/** @throws as `DatabaseRestorer.proveRestore` does */
export async function proveRestore(
  server: PostgresqlServer,
  tools: PostgresqlTools,
  { scratch, dump }: { readonly scratch: ProofTarget; readonly dump: DumpToLoad },
): Promise<readonly TableRows[]> {
  const { stagingId, signal } = scratch;
  const staged = toStagedName(stagingId);
  const loadAndCount = async (): Promise<readonly TableRows[]> => {
    await using connection = await openAlone(server, scratch);
    await load({ server, tools, connection, database: staged, staged, dump, signal }, PROOF_ARGS);
    await using inside = await PostgresqlConnection.openForLongWork({ ...server, database: staged }, signal);
    return await countAll(inside);
  };
  return proveInScratch({
    stagingId,
    prove: () => told({ database: staged, user: server.user, signal }, loadAndCount),
    remove: async (removal) => {
      await using connection = await openAlone(server, { stagingId, signal: removal });
      await dropDatabase(staged, { connection, server, signal: removal });
    },
    removalTimeoutMs: REMOVAL_TIMEOUT_MS,
  });
}

interface Teller {
  readonly database: string;
  readonly user: string;
  readonly signal: AbortSignal;
}

/** Has errors say what cannot be restored, and why; an abort comes first. */
export async function told<T>(subject: Teller, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    subject.signal.throwIfAborted();
    throw toRestoreFailure(error, subject);
  }
}

async function load(loading: Loading, args: readonly string[]): Promise<void> {
  const { server, tools, connection, database, staged, dump, signal } = loading;
  if (dump.format !== 'pgdump') throw restoreFailed(database, 'its dump is none of a PostgreSQL database.');
  const { engineVersion } = await readHealth(connection);
  const restorer = await tools.getRestorer(engineVersion);
  const removal = { connection, server, signal };
  await dropDatabase(staged, removal);
  await connection.rows(toCreateDatabase(staged, attributesOf(dump), await readVersionNumber(connection)));
  await connection.rows(`REVOKE ALL ON DATABASE ${quoteIdentifier(staged)} FROM PUBLIC`);
  // What commits after it makes all of it durable at once.
  await connection.rows(`ALTER DATABASE ${quoteIdentifier(staged)} SET synchronous_commit = off`);
  const toolArgs = ['--exit-on-error', ...args, '--no-password', '--dbname', toConninfo(staged)];
  const call = { ...toCall(server, restorer, toolArgs), isUrgent: true, shownLines: SHOWN_LINES };
  const end = await feedTool(call, dump.content, signal);
  if (end !== null) throw toToolFailure(end, { database, user: server.user });
}

/** What is not in the dump, and what makes the first questions to it fast. */
async function finish({ server, staged, dump, signal }: Loading): Promise<void> {
  const attributes = attributesOf(dump);
  // From within: names and comments are read and written in the encoding of the database itself.
  await using inside = await PostgresqlConnection.openForLongWork({ ...server, database: staged }, signal);
  await inside.rows('ANALYZE');
  await inside.rows('SET synchronous_commit = on');
  await inside.rows('BEGIN');
  await inside.rows(`ALTER DATABASE ${quoteIdentifier(staged)} RESET synchronous_commit`);
  const statements = attributes === null ? [toDefaultGrant(staged)] : toAttributeStatements(staged, attributes);
  for (const statement of statements) await inside.rows(statement);
  await inside.rows('COMMIT');
}

/** As `readAttributes` gave them when the dump was taken. */
function attributesOf({ contents }: DumpToLoad): DatabaseAttributes | null {
  return (contents?.attributes ?? null) as DatabaseAttributes | null;
}

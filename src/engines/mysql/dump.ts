import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { Engine } from '../../domain/instance.js';
import type { ClientTools } from '../client-tools.js';
import type { Dump, DumpRequest, Product } from '../database-engine.js';
import { ToolDump } from '../tool-dump.js';
import { AccountsDump } from './accounts-dump.js';
import { MysqlConnection } from './connection.js';
import { toDumpFailure, toToolFailure } from './errors.js';
import { readHistory } from './history.js';
import { NamelessDump } from './nameless-dump.js';
import { writeOptionFile } from './option-file.js';
import { Privileges } from './privileges.js';
import { ACCOUNTS_DATABASE, readProduct } from './probe.js';
import { quoteOption } from './quote.js';
import { getDumpTool } from './tools.js';
import type { MysqlTarget } from './url.js';

/** One state of all transactional tables, without locks; with all that belongs to a database; loadable into any other. */
const DATABASE_OPTIONS = [
  '--single-transaction',
  '--skip-lock-tables',
  '--quick',
  '--routines',
  '--events',
  '--triggers',
  '--hex-blob',
  '--no-tablespaces',
];

/** Users, roles and grants; those that are there already stay as they are. */
const ACCOUNTS_OPTIONS = ['--system=users', '--insert-ignore'];

/** The tools compare without regard to case, and then want the tables that the server's own database has. */
const TAKEN_FOR_ACCOUNTS =
  "the dump program takes a database of that name for the server's own. Move its tables to a database of another name, then take the backup again.";

/** @throws as `DatabaseEngine.dump` does, and what a connection throws */
export async function beginDump(target: MysqlTarget, request: DumpRequest, tools: ClientTools): Promise<Dump> {
  const survey = await surveySource(target, request);
  const { product } = survey;
  // MySQL's own program has nothing that dumps users and grants.
  if (request.database.system && product.engine === Engine.MYSQL) return AccountsDump.begin(target, product, request);
  return startTool(request, target, { ...survey, tools });
}

interface Survey {
  readonly product: Product;
  readonly isEncrypted: boolean;
  /** What the dump begins with. */
  readonly prefix: string;
  /** Whether the dump takes the history of system-versioned tables along. */
  readonly hasHistory: boolean;
}

/** Looks whether the dump would be whole, and how it is to be made. */
async function surveySource(target: MysqlTarget, { database, signal }: DumpRequest): Promise<Survey> {
  await using connection = await MysqlConnection.open(target, signal);
  const { isEncrypted } = connection;
  const product = await readProduct(connection);
  const privileges = await Privileges.read(connection, product);
  const missing = database.system ? privileges.findMissingForAccounts() : privileges.findMissing([database.name]);
  if (missing !== null) throw failed(database.name, missing);
  if (database.system) return { product, isEncrypted, prefix: '', hasHistory: false };
  if (database.name.toLowerCase() === ACCOUNTS_DATABASE) throw failed(database.name, TAKEN_FOR_ACCOUNTS);
  const prefix = await toPrefix(connection, database.name);
  const { hasHistory, remark } = await readHistory(connection, product, database.name);
  return { product, isEncrypted, prefix: `${prefix}${remark}`, hasHistory };
}

async function startTool(
  { database, signal, scratchDir }: DumpRequest,
  target: MysqlTarget,
  survey: Survey & { readonly tools: ClientTools },
): Promise<Dump> {
  const { product, prefix, isEncrypted, tools } = survey;
  const tool = await getDumpTool(tools, product);
  const optionFile = await writeOptionFile({ target, engine: product.engine, isEncrypted, folder: scratchDir });
  const args = database.system ? ACCOUNTS_OPTIONS : toDatabaseArgs(survey, database.name);
  return ToolDump.start({
    tool: { name: tool.name, version: tool.version },
    path: tool.path,
    // Only in the first place it keeps the tool from every other option file.
    args: [`--defaults-file=${optionFile}`, ...args],
    env: {},
    // As it is, and as the option file has it.
    secrets: target.password === null ? [] : [target.password, quoteOption(target.password).slice(1, -1)],
    format: 'sql',
    ...(!database.system && {
      prefix,
      filter: new NamelessDump(database.name),
      checkAfter: () => assertStillThere(target, database.name, signal),
    }),
    signal,
    toFailure: (end) => toToolFailure(database.name, end),
  });
}

function toDatabaseArgs({ product, hasHistory }: Survey, database: string): readonly string[] {
  const own = product.engine === Engine.MYSQL ? ['--set-gtid-purged=OFF'] : [];
  // Behind the dashes stands a name, even if it begins with one.
  return [...DATABASE_OPTIONS, ...own, ...(hasHistory ? ['--dump-history'] : []), '--', database];
}

/** Of a database that is dropped after its last table was read, the tool leaves routines and events out without a word. */
async function assertStillThere(target: MysqlTarget, database: string, signal: AbortSignal): Promise<void> {
  try {
    await using connection = await MysqlConnection.open(target, signal);
    await toPrefix(connection, database);
  } catch (error) {
    throw signal.aborted ? error : toDumpFailure(error, database);
  }
}

/** A dump without the name of its database has no defaults of it either. Without a name the current database is meant. */
async function toPrefix(connection: MysqlConnection, database: string): Promise<string> {
  const [schema] = await connection.query<{ characterSet: string; collation: string }>(
    'SELECT DEFAULT_CHARACTER_SET_NAME AS characterSet, DEFAULT_COLLATION_NAME AS collation FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?',
    [database],
  );
  if (schema === undefined) throw failed(database, 'it is no longer there.');
  return `ALTER DATABASE CHARACTER SET ${schema.characterSet} COLLATE ${schema.collation};\n`;
}

function failed(database: string, reason: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `Database ${database} cannot be dumped: ${reason}`);
}

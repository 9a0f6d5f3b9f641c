import { BackupFailureCode } from '../../domain/backup.js';
import { BackupFailedError } from '../../domain/failure.js';
import { Engine } from '../../domain/instance.js';
import type { ClientTools } from '../client-tools.js';
import type { Dump, DumpRequest, Product } from '../database-engine.js';
import { ToolDump } from '../tool-dump.js';
import { AccountsDump } from './accounts-dump.js';
import { MysqlConnection } from './connection.js';
import { readTextWay } from './character-sets.js';
import { readDefaults } from './defaults.js';
import { toDumpFailure, toToolFailure } from './errors.js';
import { readForeignRows } from './foreign-rows.js';
import { readHistory } from './history.js';
import { NamelessDump } from './nameless-dump.js';
import { writeOptionFile } from './option-file.js';
import { Privileges } from './privileges.js';
import { ACCOUNTS_DATABASE, readProduct } from './probe.js';
import { quoteOption } from './quote.js';
import { RowCount } from './row-count.js';
import { findTlsFault } from './tls.js';
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

const NO_LONGER_THERE = 'it is no longer there.';
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
  /** Whether the dump has texts as the bytes that the server keeps. */
  readonly asBytes: boolean;
  /** Tables whose rows the tool leaves out. */
  readonly rowless: readonly string[];
}

/** Looks whether the dump would be whole, and how it is to be made. */
async function surveySource(target: MysqlTarget, { database, signal }: DumpRequest): Promise<Survey> {
  await using connection = await MysqlConnection.open(target, signal);
  const { isEncrypted } = connection;
  const product = await readProduct(connection);
  const privileges = await Privileges.read(connection, product);
  const missing = database.system ? privileges.findMissingForAccounts() : privileges.findMissing([database.name]);
  const fault = findTlsFault(target, product) ?? missing;
  if (fault !== null) throw failed(database.name, fault);
  const common = { product, isEncrypted };
  if (database.system) return { ...common, prefix: '', hasHistory: false, asBytes: false, rowless: [] };
  if (database.name.toLowerCase() === ACCOUNTS_DATABASE) throw failed(database.name, TAKEN_FOR_ACCOUNTS);
  return { ...common, ...(await surveyContent(connection, product, database.name)) };
}

async function surveyContent(
  connection: MysqlConnection,
  product: Product,
  database: string,
): Promise<Omit<Survey, 'product' | 'isEncrypted'>> {
  const defaults = await readDefaults(connection, product, database);
  if (defaults === null) throw failed(database, NO_LONGER_THERE);
  const history = await readHistory(connection, product, database);
  const foreign = await readForeignRows(connection, database);
  if (foreign.lost !== null) {
    const reason = `the dump program leaves out the rows of its table ${foreign.lost}, which the engine CONNECT keeps in a file of its own. Move them to a table of another engine, or give the table a FILE_NAME and back that file up.`;
    throw failed(database, reason);
  }
  const texts = await readTextWay(connection, product, database);
  // The tool is to set none: as binary it would misread the definitions, and texts are in hexadecimal then.
  const names = texts.asBytes ? '/*!40101 SET NAMES utf8mb4 */;\n' : '';
  const prefix = [defaults, names, history.remark, foreign.remark, texts.remark].join('');
  return { prefix, hasHistory: history.hasHistory, asBytes: texts.asBytes, rowless: foreign.names };
}

async function startTool(
  { database, signal, scratchDir }: DumpRequest,
  target: MysqlTarget,
  survey: Survey & { readonly tools: ClientTools },
): Promise<Dump> {
  const { product, prefix, isEncrypted, asBytes, rowless, tools } = survey;
  const count = new RowCount();
  const tool = await getDumpTool(tools, product);
  const optionFile = await writeOptionFile({
    target,
    engine: product.engine,
    isEncrypted,
    asBytes,
    folder: scratchDir,
  });
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
      filter: new NamelessDump(database.name, (chunk) => {
        count.add(chunk);
      }),
      readContents: async () => Promise.resolve(count.contents(rowless)),
      checkAfter: () => assertStillThere(target, { product, database: database.name, signal }),
    }),
    signal,
    toFailure: (end) => toToolFailure(database.name, end),
  });
}

function toDatabaseArgs({ product, hasHistory, asBytes }: Survey, database: string): readonly string[] {
  const own = product.engine === Engine.MYSQL ? ['--set-gtid-purged=OFF'] : [];
  const asked = [...(hasHistory ? ['--dump-history'] : []), ...(asBytes ? ['--skip-set-charset'] : [])];
  // Behind the dashes stands a name, even if it begins with one.
  return [...DATABASE_OPTIONS, ...own, ...asked, '--', database];
}

interface Source {
  readonly product: Product;
  readonly database: string;
  readonly signal: AbortSignal;
}

/** Of a database that is dropped after its last table was read, the tool leaves routines and events out without a word. */
async function assertStillThere(target: MysqlTarget, { product, database, signal }: Source): Promise<void> {
  try {
    await using connection = await MysqlConnection.open(target, signal);
    if ((await readDefaults(connection, product, database)) === null) throw failed(database, NO_LONGER_THERE);
  } catch (error) {
    throw signal.aborted ? error : toDumpFailure(error, database);
  }
}

function failed(database: string, reason: string): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.DUMP_FAILED, `Database ${database} cannot be dumped: ${reason}`);
}

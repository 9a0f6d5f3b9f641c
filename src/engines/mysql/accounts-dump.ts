import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { DumpTool } from '../../artifacts/manifest.js';
import type { Dump, DumpRequest, Product } from '../database-engine.js';
import { MysqlConnection } from './connection.js';
import { serverErrorOf, toDumpFailure } from './errors.js';
import { END_MARKER } from './format.js';
import { ACCOUNTS_DATABASE } from './probe.js';
import type { MysqlTarget } from './url.js';

/** Made by the server itself, in each installation. */
const OWN_ACCOUNTS = new Set(['mysql.sys', 'mysql.session', 'mysql.infoschema']);
/** ER_UNKNOWN_SYSTEM_VARIABLE and ER_NO_SUCH_TABLE: the server is older than what is asked for. */
const TOO_OLD = new Set([1193, 1146]);

interface Account {
  readonly user: string;
  readonly host: string;
}

/** Users, roles and grants of MySQL as statements. */
export class AccountsDump implements Dump {
  readonly format = 'sql';
  readonly isCompressed = false;
  readonly tool: DumpTool;
  readonly content: Readable;
  readonly completion: Promise<null>;
  readonly completionAllowanceMs = 0;
  readonly #connection: MysqlConnection;

  private constructor(connection: MysqlConnection, { engineVersion }: Product, signal: AbortSignal) {
    this.#connection = connection;
    this.tool = { name: 'SHOW CREATE USER and SHOW GRANTS', version: engineVersion };
    this.content = Readable.from(toLines(connection, engineVersion), { objectMode: false, signal });
    this.completion = finished(this.content).then(
      () => null,
      (error: unknown) => {
        throw toDumpFailure(error, ACCOUNTS_DATABASE);
      },
    );
    // Whoever awaits it gets the error; until then it must not count as unhandled.
    this.completion.catch(() => undefined);
  }

  static async begin(target: MysqlTarget, product: Product, { signal }: DumpRequest): Promise<AccountsDump> {
    return new AccountsDump(await MysqlConnection.open(target, signal), product, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.content.destroy();
    await this.completion.catch(() => undefined);
    await this.#connection[Symbol.asyncDispose]();
  }
}

async function* toLines(connection: MysqlConnection, serverVersion: string): AsyncGenerator<Buffer> {
  yield toLine(`-- Users, roles and grants of MySQL ${serverVersion}`);
  yield toLine("SET NAMES utf8mb4; SET SESSION sql_mode = '';");
  // Hashes hold bytes that no text can.
  await orWithout(connection.query('SET SESSION print_identified_with_as_hex = ON'), []);
  const accounts = await listAccounts(connection);
  for (const { user, host } of accounts) {
    const statements = await ask(connection, 'SHOW CREATE USER ?@?', [user, host]);
    for (const statement of statements)
      yield toLine(`${statement.replace(/^CREATE USER /, 'CREATE USER IF NOT EXISTS ')};`);
  }
  for (const { user, host } of accounts) {
    const statements = await ask(connection, 'SHOW GRANTS FOR ?@?', [user, host]);
    for (const statement of statements) yield toLine(`${statement};`);
  }
  yield toLine(`\n${END_MARKER}`);
}

/** Roles come first: users are created with their default roles. */
async function listAccounts(connection: MysqlConnection): Promise<readonly Account[]> {
  const accounts = await connection.query<Account>(
    'SELECT User AS user, Host AS host FROM mysql.user ORDER BY User, Host',
  );
  const roles = await orWithout(
    connection.query<Account>('SELECT DISTINCT FROM_USER AS user, FROM_HOST AS host FROM mysql.role_edges'),
    [],
  );
  const isRole = ({ user, host }: Account): number =>
    roles.some((role) => role.user === user && role.host === host) ? 0 : 1;
  return accounts.filter(({ user }) => !OWN_ACCOUNTS.has(user)).toSorted((a, b) => isRole(a) - isRole(b));
}

async function ask(connection: MysqlConnection, sql: string, values: readonly string[]): Promise<readonly string[]> {
  const rows = await connection.query<Readonly<Record<string, string>>>(sql, values);
  return rows.flatMap((row) => Object.values(row));
}

async function orWithout<T>(answer: Promise<T>, without: T): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (TOO_OLD.has(serverErrorOf(error) ?? 0)) return without;
    throw error;
  }
}

function toLine(text: string): Buffer {
  return Buffer.from(`${text}\n`, 'utf8');
}

import { TdsServer } from '../tds-server/tds-server.js';
import type { Reply, ServerMessage, Statement, TdsServerOptions } from '../tds-server/tds-server.js';
import { Hold } from '../hold.js';
import { TempDir } from '../temp-dir.js';
import { befall, COMMANDS, HAS_MIDDLE } from './commands.js';
import type { Call } from './commands.js';
import { Devices } from './devices.js';
import type { ModelBucket } from './devices.js';
import { createModelDatabase } from './model-database.js';
import type { ModelDatabase } from './model-database.js';
import { ModelState } from './model-state.js';
import type { ModelProduct } from './model-state.js';
import { answer } from './questions.js';
import { SqlError, sqlError } from './sql-error.js';
import { StatementFaults } from './statement-faults.js';
import type { Instant, Mishap } from './statement-faults.js';

/** The exchange folder, as the server sees it: not as it is called here, so that a mistake between the two shows. */
const SERVER_DIR = 'D:\\Backups';

/** BEGIN TRY … END TRY BEGIN CATCH … THROW; END CATCH; and what comes behind. */
const ATTEMPT = /^BEGIN TRY\n([^]*?)\nEND TRY\nBEGIN CATCH\n([^]*?)\nTHROW;\nEND CATCH;\n([^]*)$/;

interface ModelOptions extends Partial<ModelProduct>, Pick<TdsServerOptions, 'onLogin'> {
  readonly bucket?: ModelBucket;
  /** Where the exchange folder is. Default: one of the model's own. */
  readonly folder?: string;
}

/**
 * A SQL Server as its clients see it: over the protocol, with databases that hold rows, and backup files that are written to
 * the exchange folder and read from it. It understands the statements that backups and restores take, in the syntax of the
 * documentation, and answers with the server's own numbers; all else is a syntax error.
 */
export class SqlServerModel implements AsyncDisposable {
  readonly state: ModelState;
  /** Every statement that came, to the letter. */
  readonly statements: string[] = [];
  /** Those that the client has told the server to stop. */
  readonly cancelled: string[] = [];
  readonly faults = new StatementFaults();
  readonly exchange: TempDir;
  /** The exchange folder as it is. */
  readonly folder: string;
  readonly #devices: Devices;
  #server: TdsServer | null = null;

  private constructor(exchange: TempDir, { bucket, folder, onLogin: _onLogin, ...product }: ModelOptions) {
    this.exchange = exchange;
    this.folder = folder ?? exchange.path;
    this.state = new ModelState(
      {
        version: '16.0.4165.4',
        edition: 'Developer Edition (64-bit)',
        engineEdition: 3,
        serverName: 'DB1\\SALES',
        ...product,
      },
      (session) => this.#server?.sessions.includes(session) === true,
    );
    this.#devices = new Devices({
      ...{ state: this.state, serverDir: SERVER_DIR, folder: this.folder },
      bucket: bucket ?? null,
    });
  }

  static async start(options: ModelOptions = {}): Promise<SqlServerModel> {
    const model = new SqlServerModel(await TempDir.create(), options);
    model.#server = await TdsServer.start({
      onLogin: (login) => options.onLogin?.(login) ?? model.state.findLoginFault(login),
      onStatement: (statement, reply) => model.#run(statement, reply),
    });
    return model;
  }

  get server(): TdsServer {
    if (this.#server === null) throw new Error('the model has not been started');
    return this.#server;
  }

  url(parameters: Readonly<Record<string, string>> = {}): string {
    const query = new URLSearchParams({
      encrypt: 'false',
      backupDir: SERVER_DIR,
      backupDirLocal: this.folder,
      ...parameters,
    });
    return `sqlserver://backup:s3cret@127.0.0.1:${this.server.port.toString()}?${query.toString()}`;
  }

  add(name: string, more: Partial<ModelDatabase> = {}): ModelDatabase {
    const database = createModelDatabase(name, more);
    this.state.add(database);
    return database;
  }

  /** The next statement that matches fails with these errors, a backup in its middle. */
  failOn(pattern: RegExp, ...faults: readonly ServerMessage[]): void {
    this.faults.plan({ pattern, mishap: { kind: 'fail', faults } });
  }

  /** The connection of the next statement that matches is cut, a backup's in its middle. */
  cutOn(pattern: RegExp): void {
    this.faults.plan({ pattern, mishap: { kind: 'cut' } });
  }

  /** The next statement that matches waits, a backup at 50 per cent. */
  holdOn(pattern: RegExp): Hold {
    const hold = new Hold();
    this.faults.plan({ pattern, mishap: { kind: 'hold', hold } });
    return hold;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.exchange[Symbol.asyncDispose]();
  }

  async #run(statement: Statement, reply: Reply): Promise<void> {
    this.statements.push(statement.sql);
    this.state.begin(statement.session);
    const stop = (): void => {
      this.cancelled.push(statement.sql);
    };
    statement.signal.addEventListener('abort', stop, { once: true });
    try {
      const attempt = statement.kind === 'batch' ? ATTEMPT.exec(statement.sql) : null;
      if (attempt !== null) await this.#runAttempt(statement, reply, attempt.slice(1));
      else await this.#runEach(statement, reply, statement.kind === 'batch' ? split(statement.sql) : [statement.sql]);
    } finally {
      statement.signal.removeEventListener('abort', stop);
    }
  }

  /** Most errors end a statement, and not the batch. */
  async #runEach(statement: Statement, reply: Reply, parts: readonly string[]): Promise<void> {
    for (const sql of parts) {
      await this.#runOne({ ...statement, sql }, reply).catch((error: unknown) => {
        tell(error, reply);
      });
    }
  }

  /** An error ends what is tried; what is to be done then is done, and the error thrown again: that ends the batch. */
  async #runAttempt(statement: Statement, reply: Reply, [tried = '', caught = '', rest = '']: string[]): Promise<void> {
    try {
      for (const sql of split(tried)) await this.#runOne({ ...statement, sql }, reply);
    } catch (error) {
      if (error instanceof SqlError) await this.#runEach(statement, reply, split(caught));
      tell(error, reply);
      return;
    }
    await this.#runEach(statement, reply, split(rest));
  }

  async #runOne(statement: Statement, reply: Reply): Promise<void> {
    statement.signal.throwIfAborted();
    const taken = this.faults.take(statement.sql);
    const instant = taken?.instant === 'middle' && !HAS_MIDDLE.test(statement.sql) ? 'before' : taken?.instant;
    const at = (wanted: Instant): Mishap | null => (instant === wanted ? (taken?.mishap ?? null) : null);
    await befall(at('before'), statement);
    await this.#perform({
      ...{ state: this.state, devices: this.#devices, statement, reply },
      mishap: at('middle'),
    });
    await befall(at('after'), statement);
  }

  async #perform(call: Call): Promise<void> {
    const { sql } = call.statement;
    for (const [pattern, command] of COMMANDS) {
      const found = pattern.exec(sql);
      if (found === null) continue;
      await command(found.slice(1), call);
      return;
    }
    if (!(await answer(call))) throw sqlError(102, `Incorrect syntax near '${sql.slice(0, 40)}'.`);
  }
}

function split(sql: string): readonly string[] {
  return sql.split(/;\n|;$/).filter((part) => part !== '');
}

/** @throws what is no error of the server */
function tell(error: unknown, reply: Reply): void {
  if (!(error instanceof SqlError)) throw error;
  for (const fault of error.faults) reply.error(fault);
}

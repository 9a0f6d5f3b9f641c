import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const SCRIPT = `
  const sqlite3 = require('sqlite3');
  const [path, sql] = process.argv.slice(1);
  const database = new sqlite3.Database(path);
  database.exec(sql, (error) => {
    if (error !== null) throw error;
    process.stdout.write('ready\\n');
    setInterval(() => undefined, 60_000);
  });
`;

/** Another process that has a SQLite database open: it has run a few statements, and does no more. */
export class SqliteHolder implements AsyncDisposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async start(path: string, sql: string): Promise<SqliteHolder> {
    const child = spawn(process.execPath, ['-e', SCRIPT, path, sql], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    return new SqliteHolder(child);
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it as a crash does: what it has not committed, and its log, stay as they are. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/**
 * Commits hundreds of times a second, each time the next number into both tables: in a consistent copy they hold the same numbers.
 * It says how many commits it has made by a line after each.
 */
const SCRIPT = `
  const sqlite3 = require('sqlite3');
  const [path, mode] = process.argv.slice(1);
  const database = new sqlite3.Database(path);
  database.configure('busyTimeout', 20_000);
  const commit = (number) => {
    database.exec('BEGIN IMMEDIATE; INSERT INTO a VALUES (' + number + '); INSERT INTO b VALUES (' + number + '); COMMIT;', (error) => {
      if (error !== null) throw error;
      process.stdout.write(number + '\\n');
      // Long enough for others to get at the lock, too short for the file ever to look untouched.
      setTimeout(commit, 2, number + 1);
    });
  };
  database.exec('PRAGMA journal_mode = ' + mode + '; PRAGMA synchronous = OFF; CREATE TABLE a (n); CREATE TABLE b (n);', (error) => {
    if (error !== null) throw error;
    commit(1);
  });
`;

/** Another process that writes to a SQLite database throughout a test. */
export class SqliteWriter implements AsyncDisposable {
  readonly #process: ChildProcess;
  #commits = 0;
  #waiting: { readonly commits: number; readonly go: () => void } | null = null;

  private constructor(child: ChildProcess) {
    this.#process = child;
    if (child.stdout === null) throw new Error('the writer has no output');
    createInterface(child.stdout).on('line', (line) => {
      this.#commits = Number(line);
      if (this.#waiting !== null && this.#commits >= this.#waiting.commits) this.#waiting.go();
    });
  }

  /** @param path of a database that has no tables named a and b yet */
  static async start(path: string, journalMode: 'wal' | 'delete'): Promise<SqliteWriter> {
    const child = spawn(process.execPath, ['-e', SCRIPT, path, journalMode], { stdio: ['ignore', 'pipe', 'inherit'] });
    const writer = new SqliteWriter(child);
    await writer.untilMore(10);
    return writer;
  }

  get commits(): number {
    return this.#commits;
  }

  /** Waits for so many more commits. */
  async untilMore(commits: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = { commits: this.#commits + commits, go: resolve };
    });
  }

  /** Ends it as a crash does: whatever it has open stays as it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
  }
}

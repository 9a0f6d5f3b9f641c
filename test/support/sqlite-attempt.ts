import { execFileSync } from 'node:child_process';

const SCRIPT = `
  const sqlite3 = require('sqlite3');
  const [path, sql] = process.argv.slice(1);
  const database = new sqlite3.Database(path);
  database.configure('busyTimeout', 0);
  database.exec(sql, (error) => process.stdout.write(error === null ? 'done' : error.message));
`;

/**
 * What another process gets that runs statements on a database and waits for no lock: `done`, or SQLite's message. Nothing
 * else happens in this process meanwhile.
 */
export function attemptElsewhere(path: string, sql: string): string {
  return execFileSync(process.execPath, ['-e', SCRIPT, path, sql], { encoding: 'utf8' });
}

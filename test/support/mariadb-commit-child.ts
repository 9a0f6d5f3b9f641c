import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as afterEvents } from 'node:timers/promises';
import { MysqlConnection } from '../../src/engines/mysql/connection.js';
import { createMysqlEngine } from './mysql-engine.js';

/**
 * Commits a restore, and dies by SIGKILL while the statement of that number is under way: sent, and perhaps run. Says how
 * many there were when it lives on.
 */
const [url = '', database = '', stagingId = '', deadly = '0', delay = '0'] = process.argv.slice(2);
let sent = 0;

function count(method: 'query' | 'run'): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its own object
  const original = MysqlConnection.prototype[method] as (...values: readonly unknown[]) => Promise<readonly never[]>;
  MysqlConnection.prototype[method] = async function (this: MysqlConnection, ...values: unknown[]) {
    sent += 1;
    if (sent !== Number(deadly)) return original.apply(this, values);
    const answer = original.apply(this, values);
    for (let turn = 0; turn < Number(delay); turn += 1) await afterEvents();
    process.kill(process.pid, 'SIGKILL');
    return answer;
  };
}

count('query');
count('run');
const scratchDir = await mkdtemp(join(tmpdir(), 'rds-commit-'));
const { signal } = new AbortController();
await createMysqlEngine().commitRestore({ url, database, stagingId, overwrite: true, scratchDir, signal });
process.stdout.write(`${sent.toString()}\n`);

import { setTimeout as delay } from 'node:timers/promises';
import { SqliteFile } from '../support/sqlite.js';
import { quantile } from './statistics.js';
import { serveOrders } from './worker.js';

/** What the writer has done since it was last asked. */
export interface WriterReport {
  readonly commitsPerSecond: number;
  readonly p99Ms: number;
  readonly slowestMs: number;
}

const [path = '', rate = '500'] = process.argv.slice(2);
const intervalMs = 1000 / Number(rate);

await using file = await SqliteFile.open(path);
await file.exec('PRAGMA synchronous = normal; PRAGMA busy_timeout = 10000;');
const [{ rows } = { rows: 1 }] = await file.all<{ rows: number }>('SELECT max(id) AS rows FROM orders');

let latenciesMs: number[] = [];
let since = performance.now();

function report(): WriterReport {
  const seconds = (performance.now() - since) / 1000;
  const done = latenciesMs;
  latenciesMs = [];
  since = performance.now();
  return { commitsPerSecond: done.length / seconds, p99Ms: quantile(done, 0.99), slowestMs: Math.max(0, ...done) };
}

serveOrders(() => Promise.resolve({ ...report() }));

let dueAt = performance.now();
for (;;) {
  const begin = performance.now();
  // A transaction of its own: it is committed when the statement has ended.
  const id = 1 + Math.floor(Math.random() * rows);
  await file.exec(`UPDATE orders SET revision = revision + 1 WHERE id = ${id.toString()}`);
  const end = performance.now();
  latenciesMs.push(end - begin);
  // Lost time is made up for, up to a moment: a writer that was held up has work waiting.
  dueAt = Math.max(dueAt + intervalMs, end - 50);
  // Timers are no finer than 1 ms.
  if (dueAt - end >= 1) await delay(dueAt - end);
}

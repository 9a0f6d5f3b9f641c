/*
 * Loaded into the server before its own code (`node --import`): measures from inside what cannot be seen from outside,
 * the delay of the event loop and the SQL statements, and answers the bench over the IPC channel.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import sqlite3 from 'sqlite3';

// The resolution that prom-client uses: an idle loop shows up with about 10 ms, and everything beyond is delay.
const RESOLUTION_MS = 10;
let loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
let statements = 0;

if (process.env.BENCH_COUNT_STATEMENTS === '1') {
  for (const method of ['run', 'all', 'get', 'each', 'exec']) {
    const original = sqlite3.Database.prototype[method];
    sqlite3.Database.prototype[method] = function (...args) {
      statements += 1;
      return original.apply(this, args);
    };
  }
}

process.on('message', (command) => {
  if (command === 'measure') {
    // A new one each time: one that is enabled again takes the pause for a delay.
    loopDelay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    loopDelay.enable();
    statements = 0;
  }
  if (command === 'rest') loopDelay.disable();
  process.send?.({ loopP99Ms: loopDelay.percentile(99) / 1e6, loopMaxMs: loopDelay.max / 1e6, statements });
});
// A bench that was killed must not leave its server behind.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

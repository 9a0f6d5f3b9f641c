import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../api-client.js';
import { createOrders } from '../sample-database.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import { formatMs, median } from '../statistics.js';
import { BackupWatch, watchStatus } from '../status-log.js';
import type { StatusEvent } from '../status-log.js';
import { findLostEvents, findPartialFiles, findStuck, findUnreadable } from '../survivors.js';

const KILLS = 50;
const DATABASE_BYTES = 100e6;

/** The server is killed in the middle of its work, again and again, and must each time come back to a sound state. */
export const kills: Scenario = {
  name: 'kills',
  async run(bench: Bench): Promise<Outcome> {
    const dataDir = await bench.workDir.createFolder('kills');
    const database = await createOrders(`${dataDir}/orders.db`, bench.isQuick ? DATABASE_BYTES / 5 : DATABASE_BYTES);
    const rounds = bench.isQuick ? 5 : KILLS;

    const { instanceId, wholeMs } = await registerAndTime(dataDir, database.path);
    const faults = { stuck: [] as string[], partial: [] as string[], lost: [] as string[], unreadable: [] as string[] };
    const restartsMs: number[] = [];
    let server = await ServerProcess.start(dataDir);
    for (let round = 0; round < rounds; round += 1) {
      const seen = await killDuringBackup(server, { instanceId, name: `round-${round.toString()}` }, wholeMs);
      const begin = performance.now();
      server = await ServerProcess.start(dataDir);
      restartsMs.push(performance.now() - begin);
      await using api = new ApiClient(server.url);
      faults.stuck.push(...(await findStuck(api)));
      faults.partial.push(...(await findPartialFiles(server, await api.listBackups())));
      faults.lost.push(...(await findLostEvents(api, instanceId, seen)));
    }

    await using last = server;
    await using api = new ApiClient(last.url);
    const backups = await api.listBackups();
    const completed = backups.filter(({ status }) => status === 'COMPLETED');
    faults.unreadable.push(...(await findUnreadable(last, completed)));
    const count = (found: readonly string[]): string => found.length.toString();
    const row = (what: string, found: readonly string[]): Outcome['rows'][number] => ({
      what,
      measured: count(found),
      goal: '0',
      isMet: found.length === 0,
    });
    return {
      rows: [
        row(`stuck, after ${rounds.toString()} kills`, faults.stuck),
        row('partial files', faults.partial),
        row('lost, double or illegal events', faults.lost),
        row(`unreadable of ${completed.length.toString()} COMPLETED`, faults.unreadable),
      ],
      notes: [
        `killed within ${formatMs(wholeMs * 1.1)} of createBackup (a whole one takes ${formatMs(wholeMs)}): ${completed.length.toString()} COMPLETED, ${(backups.length - completed.length).toString()} FAILED`,
        `from start to ready, recovery included: median ${formatMs(median(restartsMs))}`,
      ],
      faults: Object.entries(faults).flatMap(([kind, found]) => found.map((fault) => `${kind}: ${fault}`)),
    };
  },
};

async function registerAndTime(dataDir: string, path: string): Promise<{ instanceId: string; wholeMs: number }> {
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  const instanceId = await api.register('orders', path);
  await using watch = await BackupWatch.open(api, instanceId);
  await watch.take('first');
  const { completedMs } = await watch.take('second');
  return { instanceId, wholeMs: completedMs };
}

/** @returns what a subscriber saw of the log, from its beginning until the server was gone */
async function killDuringBackup(
  server: ServerProcess,
  { instanceId, name }: { readonly instanceId: string; readonly name: string },
  wholeMs: number,
): Promise<readonly StatusEvent[]> {
  await using api = new ApiClient(server.url);
  const seen: StatusEvent[] = [];
  const watching = (async () => {
    for await (const event of watchStatus(api, instanceId, '0')) seen.push(event);
  })();
  const creating = api.createBackup(instanceId, name);
  // Both are cut off, or were answered just in time.
  const ended = Promise.allSettled([watching, creating]);
  await delay(Math.random() * wholeMs * 1.1);
  await server.kill();
  await ended;
  return seen;
}

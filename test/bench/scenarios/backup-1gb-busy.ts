import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../api-client.js';
import type { WriterReport } from '../busy-writer.js';
import { settleDisk } from '../native-tools.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import { formatMb, formatMs, formatSpread, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';
import { Worker } from '../worker.js';

const MAX_RATIO = 2;
const COMMITS_PER_SECOND = 500;
/** How long the writer works alone, for comparison. */
const ALONE_MS = 3000;

/** The same backup while another process commits into the database all the time, in turns with idle ones. */
export const backup1gbBusy: Scenario = {
  name: 'backup-1gb-busy',
  async run(bench: Bench): Promise<Outcome> {
    const database = await bench.largeDatabase();
    await using server = await ServerProcess.start(await bench.workDir.createFolder('busy'));
    await using api = new ApiClient(server.url);
    const instanceId = await api.register('orders', database.path);
    await using watch = await BackupWatch.open(api, instanceId);
    const take = async (name: string): Promise<number> => {
      const { completedMs } = await watch.take(name);
      await rm(server.artifacts, { recursive: true });
      return completedMs;
    };

    const idleMs: number[] = [];
    const busyMs: number[] = [];
    const before: WriterReport[] = [];
    const during: WriterReport[] = [];
    for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
      await settleDisk(database.path);
      idleMs.push(await take(`idle-${round.toString()}`));
      await settleDisk(database.path);
      await using writer = new Worker<'report'>('busy-writer.ts', [database.path, COMMITS_PER_SECOND.toString()]);
      await writer.ask('report');
      await delay(bench.isQuick ? ALONE_MS / 3 : ALONE_MS);
      before.push(await writer.ask<WriterReport>('report'));
      busyMs.push(await take(`busy-${round.toString()}`));
      during.push(await writer.ask<WriterReport>('report'));
    }

    const ratio = median(busyMs) / median(idleMs);
    const rate = (reports: readonly WriterReport[]): string =>
      `${median(reports.map((report) => report.commitsPerSecond)).toFixed(0)}/s`;
    const slowest = (reports: readonly WriterReport[]): string =>
      formatMs(Math.max(...reports.map((report) => report.slowestMs)));
    const p99 = (reports: readonly WriterReport[]): string => formatMs(median(reports.map((report) => report.p99Ms)));
    return {
      rows: [
        {
          what: `createBackup to COMPLETED, ${formatMb(database.sizeBytes)}, ${COMMITS_PER_SECOND.toString()} commits/s`,
          measured: formatSpread(busyMs),
          reference: `idle ${formatSpread(idleMs)}`,
          ratio,
          goal: `<= ${MAX_RATIO.toString()} x`,
          isMet: ratio <= MAX_RATIO,
        },
        { what: "writer's commits during the backup", measured: rate(during), reference: `before ${rate(before)}` },
        {
          what: "writer's slowest commit (p99)",
          measured: `${slowest(during)} (${p99(during)})`,
          reference: `before ${slowest(before)} (${p99(before)})`,
        },
      ],
    };
  },
};

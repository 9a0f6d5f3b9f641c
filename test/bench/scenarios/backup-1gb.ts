import { rm } from 'node:fs/promises';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { ApiClient } from '../api-client.js';
import { settleDisk, takeNativeBackup } from '../native-tools.js';
import type { NativeBackup } from '../native-tools.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { ServerProcess, withPeakRss } from '../server-process.js';
import type { Probe } from '../server-process.js';
import { formatMb, formatMs, formatSpread, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';

const MAX_RATIO = 1.3;
const MAX_RSS_GROWTH_BYTES = 150e6;
const MAX_LOOP_P99_MS = 30;

/** A backup of a large database beside what an operator would do by hand, in turns. */
export const backup1gb: Scenario = {
  name: 'backup-1gb',
  async run(bench: Bench): Promise<Outcome> {
    const database = await bench.largeDatabase();
    await using server = await ServerProcess.start(await bench.workDir.createFolder('idle'));
    await using api = new ApiClient(server.url);
    const instanceId = await api.register('orders', database.path);
    await using watch = await BackupWatch.open(api, instanceId);
    const rssBefore = await server.readRssBytes();

    const ours: number[] = [];
    const native: NativeBackup[] = [];
    const probes: Probe[] = [];
    // This process only waits meanwhile: its delay is what the machine does to any process, the backup's own load included.
    const idleP99Ms: number[] = [];
    let peakBytes = 0;
    const takeOurs = async (round: number): Promise<void> => {
      await settleDisk(database.path);
      const idle = monitorEventLoopDelay({ resolution: 10 });
      idle.enable();
      await server.measure();
      const taken = await withPeakRss(server, () => watch.take(`round-${round.toString()}`));
      probes.push(await server.rest());
      idle.disable();
      idleP99Ms.push(idle.percentile(99) / 1e6);
      peakBytes = Math.max(peakBytes, taken.peakBytes);
      ours.push(taken.result.completedMs);
      await rm(server.artifacts, { recursive: true });
    };
    const takeNative = async (): Promise<void> => {
      await settleDisk(database.path);
      native.push(await takeNativeBackup(database.path, bench.workDir.path));
    };
    for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
      // Neither always comes first, in what the other has left of the disk's caches.
      if (round % 2 === 0) await takeNative();
      await takeOurs(round);
      if (round % 2 === 1) await takeNative();
    }

    const loopP99Ms = median(probes.map((probe) => probe.loopP99Ms));
    const loopMaxMs = Math.max(...probes.map((probe) => probe.loopMaxMs));
    const nativeMs = native.map(({ totalMs }) => totalMs);
    const ratio = median(ours) / median(nativeMs);
    const growthBytes = peakBytes - rssBefore;
    const stepMs = (step: number): string => formatMs(median(native.map(({ stepsMs }) => stepsMs[step] ?? NaN)));
    return {
      rows: [
        {
          what: `createBackup to COMPLETED, ${formatMb(database.sizeBytes)}`,
          measured: formatSpread(ours),
          reference: `.backup+zstd+sha256sum ${formatSpread(nativeMs)}`,
          ratio,
          goal: `<= ${MAX_RATIO.toString()} x`,
          isMet: ratio <= MAX_RATIO,
        },
        {
          what: 'resident memory at its peak, beyond before',
          measured: `+${formatMb(growthBytes)}`,
          reference: `before ${formatMb(rssBefore)}`,
          goal: `<= +${formatMb(MAX_RSS_GROWTH_BYTES)}`,
          isMet: growthBytes <= MAX_RSS_GROWTH_BYTES,
        },
        {
          what: 'event-loop delay p99 meanwhile, 10 ms of it the timer',
          measured: `${formatSpread(probes.map((probe) => probe.loopP99Ms))}, max ${formatMs(loopMaxMs)}`,
          reference: `idle process beside it ${formatSpread(idleP99Ms)}`,
          goal: `<= ${formatMs(MAX_LOOP_P99_MS)}`,
          isMet: loopP99Ms <= MAX_LOOP_P99_MS,
        },
      ],
      notes: [`native, medians: .backup ${stepMs(0)}, zstd ${stepMs(1)}, sha256sum ${stepMs(2)}; it verifies nothing`],
    };
  },
};

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../api-client.js';
import type { BareDownloadOrder } from '../bare-download.js';
import { fetchFile } from '../fetch-file.js';
import type { FetchedFile } from '../fetch-file.js';
import { runShell, settleDisk } from '../native-tools.js';
import { createRandom } from '../sample-database.js';
import type { Bench, Outcome, Row, Scenario } from '../scenario.js';
import { ServerProcess, withPeakRss } from '../server-process.js';
import { formatMb, formatMs, formatSpread, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';
import { Worker } from '../worker.js';

const MAX_RATIO = 1.2;
const MAX_RSS_GROWTH_BYTES = 50e6;
const FILE_BYTES = 2e9;
const QUICK_BYTES = 200e6;
const SLOW_BYTES_PER_SECOND = 50e6;

interface StoredFile {
  readonly backupId: string;
  readonly path: string;
  readonly sizeBytes: number;
}

interface Figures {
  readonly fastMs: readonly number[];
  readonly bareMs: readonly number[];
  readonly slow: FetchedFile;
  readonly fastGrowthBytes: number;
  readonly slowGrowthBytes: number;
  readonly readMs: number;
}

/** A large file to a client that takes all it gets, and to a slow one, beside a server that does nothing else. */
export const download: Scenario = {
  name: 'download',
  async run(bench: Bench): Promise<Outcome> {
    const dataDir = await bench.workDir.createFolder('download');
    const file = await store(bench, dataDir);
    const faults: string[] = [];
    const take = async (url: string, bytesPerSecond?: number): Promise<FetchedFile> => {
      const fetched = await fetchFile(url, bytesPerSecond);
      const { bytes } = fetched;
      if (bytes !== file.sizeBytes) faults.push(`${bytes.toString()} of ${file.sizeBytes.toString()} bytes came`);
      return fetched;
    };
    const figures = await measure(bench, { dataDir, file, take });
    const bytesPerSecond = (ms: number): string => `${formatMb((file.sizeBytes / ms) * 1000)}/s`;
    const { fastMs, bareMs, readMs } = figures;
    const notes = [
      `${bytesPerSecond(median(fastMs))} to the fast client, ${bytesPerSecond(median(bareMs))} from the bare server; cat > /dev/null ${formatMs(readMs)}`,
    ];
    return { rows: toRows(file, figures), notes, faults };
  },
};

/** The server that takes the backup is another one than the one that serves it, which begins with no memory of it. */
async function store(bench: Bench, dataDir: string): Promise<StoredFile> {
  const size = bench.isQuick ? QUICK_BYTES : FILE_BYTES;
  const database = await createRandom(join(bench.workDir.path, 'random.db'), size);
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  const instanceId = await api.register('random', database.path);
  await using watch = await BackupWatch.open(api, instanceId);
  await watch.take('large');
  const [backup] = await api.listBackups();
  const stored = (await readdir(server.artifacts, { recursive: true })).find((name) => name.endsWith('.zst'));
  if (backup === undefined || stored === undefined) throw new Error('nothing was stored');
  const path = join(server.artifacts, stored);
  return { backupId: backup.id, path, sizeBytes: (await stat(path)).size };
}

interface Measurement {
  readonly dataDir: string;
  readonly file: StoredFile;
  readonly take: (url: string, bytesPerSecond?: number) => Promise<FetchedFile>;
}

async function measure(bench: Bench, { dataDir, file, take }: Measurement): Promise<Figures> {
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  await using bare = new Worker<BareDownloadOrder>('bare-download.ts', [file.path]);
  const bareUrl = `http://127.0.0.1:${(await bare.ask<number>('listen')).toString()}/`;
  const url = await api.findFileUrl(file.backupId);
  await settleDisk(file.path);
  const [fastMs, bareMs]: [number[], number[]] = [[], []];
  const rssBeforeBytes = await server.readRssBytes();
  let fastPeakBytes = 0;
  const turns: readonly (() => Promise<void>)[] = [
    async () => {
      bareMs.push((await take(bareUrl)).tookMs);
    },
    async () => {
      const { result, peakBytes } = await withPeakRss(server, () => take(url));
      fastPeakBytes = Math.max(fastPeakBytes, peakBytes);
      fastMs.push(result.tookMs);
    },
  ];
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
    // Neither always comes first.
    for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
  }
  const slow = await withPeakRss(server, () => take(url, SLOW_BYTES_PER_SECOND));
  const begin = performance.now();
  await runShell(`cat ${file.path} > /dev/null`);
  return {
    ...{ fastMs, bareMs, slow: slow.result, readMs: performance.now() - begin },
    fastGrowthBytes: fastPeakBytes - rssBeforeBytes,
    slowGrowthBytes: slow.peakBytes - rssBeforeBytes,
  };
}

function toRows({ sizeBytes }: StoredFile, figures: Figures): readonly Row[] {
  const { fastMs, bareMs, slow, fastGrowthBytes, slowGrowthBytes } = figures;
  const ratio = median(fastMs) / median(bareMs);
  const memory = (client: string, growthBytes: number): Row => ({
    what: `resident memory at its peak, beyond before: ${client}`,
    measured: `+${formatMb(growthBytes)}`,
    goal: `<= +${formatMb(MAX_RSS_GROWTH_BYTES)}`,
    isMet: growthBytes <= MAX_RSS_GROWTH_BYTES,
  });
  return [
    {
      what: `${formatMb(sizeBytes)} to a client that takes all it gets`,
      measured: formatSpread(fastMs),
      reference: `from a bare server ${formatSpread(bareMs)}`,
      ratio,
      goal: `<= ${MAX_RATIO.toString()} x`,
      isMet: ratio <= MAX_RATIO,
    },
    memory('fast client', fastGrowthBytes),
    memory(`client that took ${formatMb((slow.bytes / slow.tookMs) * 1000)}/s`, slowGrowthBytes),
  ];
}

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../api-client.js';
import { toServerSubject, toSqliteSubject } from '../native-restores.js';
import type { RestoreSubject } from '../native-restores.js';
import { runShell, settleDisk } from '../native-tools.js';
import { runRestore } from '../restore-run.js';
import type { RestoreRun } from '../restore-run.js';
import type { Bench, Outcome, Row, Scenario } from '../scenario.js';
import { createFilledPostgres, createMariadbDatabase } from '../server-databases.js';
import type { ServerDatabase } from '../server-databases.js';
import { ServerProcess, withPeakRss } from '../server-process.js';
import { formatMb, formatMs, formatSpread, median } from '../statistics.js';
import { BackupWatch } from '../status-log.js';

const MAX_RATIO = 1.2;
const MAX_RSS_GROWTH_BYTES = 150e6;
const LARGE_BYTES = 1e9;
const QUICK_BYTES = 50e6;
const PHASES = ['CHECKING', 'LOADING', 'SWAPPING'];
const RESTORED = 'rds_bench_restored';
const BY_HAND = 'rds_bench_by_hand';

/** A subject whose backup is in the store of a server that has been stopped. */
interface Stored {
  readonly subject: RestoreSubject;
  readonly dataDir: string;
  readonly backupId: string;
  readonly targetInstanceId: string;
  /** Path of the stored dump. */
  readonly dump: string;
}

interface Figures {
  readonly fresh: readonly RestoreRun[];
  readonly overwriting: RestoreRun;
  readonly plainMs: readonly number[];
  readonly thoroughMs: readonly number[];
  readonly rssBeforeBytes: number;
  readonly peakBytes: number;
}

/** Large dumps out of the store into each product, beside its own tool that is fed from the same file, in turns. */
export const restores: Scenario = {
  name: 'restores',
  async run(bench: Bench): Promise<Outcome> {
    const outcomes = [await run(bench, async (folder) => toSqliteSubject(await bench.largeDatabase(), folder))];
    for (const create of [createFilledPostgres, createMariadbDatabase]) outcomes.push(await runOnServer(bench, create));
    return {
      rows: outcomes.flatMap(({ rows }) => rows),
      notes: outcomes.flatMap(({ notes = [] }) => notes),
      faults: outcomes.flatMap(({ faults = [] }) => faults),
    };
  },
};

async function runOnServer(
  bench: Bench,
  create: (sizeBytes: number) => Promise<ServerDatabase | null>,
): Promise<Outcome> {
  const source = await create(bench.isQuick ? QUICK_BYTES : LARGE_BYTES);
  if (source === null) return { rows: [] };
  await using database = source;
  return await run(bench, () => toServerSubject(database));
}

async function run(bench: Bench, toSubject: (folder: string) => Promise<RestoreSubject>): Promise<Outcome> {
  const folder = await bench.workDir.createFolder('restored');
  const subject = await toSubject(folder);
  const { kind, native } = subject;
  try {
    const stored = await store(subject, await bench.workDir.createFolder(`restores-${kind.replaceAll(/\W+/g, '-')}`));
    const figures = await measure(bench, stored);
    const faults: string[] = [];
    for (const name of [RESTORED, BY_HAND]) {
      const rows = await native.countRows(name);
      if (rows !== subject.rows)
        faults.push(`${kind}: ${name} has ${rows.toString()} of ${subject.rows.toString()} rows`);
    }
    return { rows: toRows(subject, figures), notes: [toNote(kind, figures)], faults };
  } finally {
    for (const name of [RESTORED, BY_HAND]) await native.drop(name);
  }
}

/** The server that takes the backup is another one than those that restore it: they begin with no memory of it. */
async function store(subject: RestoreSubject, dataDir: string): Promise<Stored> {
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  const sourceId = await api.registerUrl('source', subject.sourceUrl);
  const targetInstanceId = await api.registerUrl('target', subject.targetUrl);
  await using watch = await BackupWatch.open(api, sourceId);
  await watch.take('large', { databases: [subject.database], includeSystemDatabases: false });
  const [backup] = await api.listBackups();
  const files = await readdir(server.artifacts, { recursive: true });
  const dump = files.find((file) => file.endsWith('.zst'));
  if (backup === undefined || dump === undefined) throw new Error(`${subject.kind}: nothing was stored`);
  return { subject, dataDir, backupId: backup.id, targetInstanceId, dump: join(server.artifacts, dump) };
}

async function measure(bench: Bench, stored: Stored): Promise<Figures> {
  const { subject, dataDir, backupId, targetInstanceId, dump } = stored;
  const { native, database } = subject;
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  const rssBeforeBytes = await server.readRssBytes();
  let peakBytes = 0;
  const restore = async (overwrite: boolean): Promise<RestoreRun> => {
    if (!overwrite) await native.drop(RESTORED);
    await settleDisk(dump);
    const order = { backupId, targetInstanceId, database, restoreAs: RESTORED, overwrite };
    const taken = await withPeakRss(server, () => runRestore(api, order));
    peakBytes = Math.max(peakBytes, taken.peakBytes);
    return taken.result;
  };
  const loadByHand = async (toLine: (dump: string, name: string) => string): Promise<number> => {
    await native.create(BY_HAND);
    await settleDisk(dump);
    const begin = performance.now();
    await runShell(`set -o pipefail; ${toLine(dump, BY_HAND)}`);
    return performance.now() - begin;
  };
  const [fresh, plainMs, thoroughMs]: [RestoreRun[], number[], number[]] = [[], [], []];
  const turns: readonly (() => Promise<unknown>)[] = [
    async () => plainMs.push(await loadByHand((from, name) => native.plain(from, name))),
    async () => fresh.push(await restore(false)),
    async () => (native.thorough === null ? null : thoroughMs.push(await loadByHand(native.thorough))),
  ];
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
    // None always comes first, in what another has left of the disk's caches.
    for (const index of turns.keys()) await turns[(index + round) % turns.length]?.();
  }
  return { fresh, overwriting: await restore(true), plainMs, thoroughMs, rssBeforeBytes, peakBytes };
}

function toRows({ kind, sizeBytes }: RestoreSubject, figures: Figures): readonly Row[] {
  const { fresh, overwriting, plainMs, thoroughMs, rssBeforeBytes, peakBytes } = figures;
  const completedMs = fresh.map((run) => run.completedMs);
  const growthBytes = peakBytes - rssBeforeBytes;
  const compare = (what: string, ours: readonly number[]): Row => {
    const ratio = median(ours) / median(plainMs);
    return {
      what: `${kind} ${formatMb(sizeBytes)}: ${what}`,
      measured: formatSpread(ours),
      reference: `by hand, loaded only ${formatSpread(plainMs)}`,
      ratio,
      goal: `<= ${MAX_RATIO.toString()} x`,
      isMet: ratio <= MAX_RATIO,
    };
  };
  const thorough: Row = {
    what: `${kind}: the same`,
    measured: formatSpread(completedMs),
    reference: `by hand, thorough ${formatSpread(thoroughMs)}`,
    ratio: median(completedMs) / median(thoroughMs),
  };
  return [
    compare('restoreBackup to COMPLETED, under a new name', completedMs),
    ...(thoroughMs.length === 0 ? [] : [thorough]),
    compare('restoreBackup to COMPLETED, in place of another', [overwriting.completedMs]),
    {
      what: `${kind}: resident memory at its peak, beyond before`,
      measured: `+${formatMb(growthBytes)}`,
      reference: `before ${formatMb(rssBeforeBytes)}`,
      goal: `<= +${formatMb(MAX_RSS_GROWTH_BYTES)}`,
      isMet: growthBytes <= MAX_RSS_GROWTH_BYTES,
    },
  ];
}

function toNote(kind: string, { fresh, overwriting }: Figures): string {
  const show = (runs: readonly RestoreRun[]): string =>
    PHASES.map((phase) => `${phase} ${formatMs(median(runs.map(({ phasesMs }) => phasesMs.get(phase) ?? 0)))}`).join(
      ', ',
    );
  return `${kind}, medians of what phases took: ${show(fresh)}; in place of another: ${show([overwriting])}`;
}

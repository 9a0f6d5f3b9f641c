import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ApiClient } from '../api-client.js';
import { runShell, runTool } from '../native-tools.js';
import type { Bench, Outcome, Row, Scenario } from '../scenario.js';
import { createBlankPostgres, createFilledPostgres, createMariadbDatabase } from '../server-databases.js';
import type { ServerDatabase } from '../server-databases.js';
import { ServerProcess, withPeakRss } from '../server-process.js';
import { formatMb, formatMs, formatSpread, median, quantile } from '../statistics.js';
import { BackupWatch } from '../status-log.js';
import { takeTimed } from '../timed-backup.js';
import type { TimedBackup } from '../timed-backup.js';

const MAX_FAST_RATIO = 1.15;
/** Against the tool's own compression. */
const MAX_USUAL_RATIO: Readonly<Record<string, number>> = { PostgreSQL: 0.5, 'PostgreSQL, filled': 0.5, MariaDB: 1 };
const MAX_RSS_GROWTH_BYTES = 150e6;
const MAX_LATENCY_RATIO = 3;
const LATENCY_PAUSE_MS = 5;
const LARGE_BYTES = 1e9;
const QUICK_BYTES = 50e6;
const QUESTION =
  '{ instances(first: 20) { totalCount nodes { id name status activeBackup { progress { percent } } } } }';

interface Subject {
  readonly database: ServerDatabase;
  readonly watch: BackupWatch;
}

/** Large databases of real servers, beside the tools that an operator would use by hand, in turns. */
export const serverDumps: Scenario = {
  name: 'server-dumps',
  async run(bench: Bench): Promise<Outcome> {
    const sizeBytes = bench.isQuick ? QUICK_BYTES : LARGE_BYTES;
    const rows: Row[] = [];
    const notes: string[] = [];
    await using server = await ServerProcess.start(await bench.workDir.createFolder('server-dumps'));
    await using api = new ApiClient(server.url);
    await using opened = new Opened();
    const subjects: Subject[] = [];
    for (const create of [createBlankPostgres, createFilledPostgres, createMariadbDatabase]) {
      const database = await create(sizeBytes);
      if (database === null) continue;
      opened.add(database);
      const instanceId = await api.registerUrl(toName(database), database.url);
      subjects.push({ database, watch: opened.add(await BackupWatch.open(api, instanceId)) });
    }
    await runTool('sync', []);
    for (const subject of subjects) {
      const outcome = await compare(bench, server, subject);
      rows.push(...outcome.rows);
      notes.push(...(outcome.notes ?? []));
    }
    const [postgres, , mariadb] = subjects;
    if (postgres !== undefined && mariadb !== undefined) rows.push(await measureLatency(api, [postgres, mariadb]));
    return { rows, notes };
  },
};

/** As instances and backups may be named. */
function toName({ kind }: ServerDatabase): string {
  return kind.replaceAll(/\W+/g, '-');
}

/** What was opened so far, to be closed in the reverse order. */
class Opened implements AsyncDisposable {
  readonly #parts: AsyncDisposable[] = [];

  add<T extends AsyncDisposable>(part: T): T {
    this.#parts.push(part);
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#parts.reverse()) await part[Symbol.asyncDispose]();
  }
}

async function compare(bench: Bench, server: ServerProcess, subject: Subject): Promise<Outcome> {
  const { kind, native, sizeBytes } = subject.database;
  const ours: TimedBackup[] = [];
  const fastMs: number[] = [];
  const usualMs: number[] = [];
  const rssBefore = await server.readRssBytes();
  let peakBytes = 0;
  const take = (suffix: string): Promise<TimedBackup> => {
    const backup = `${toName(subject.database)}-${suffix}`;
    return takeTimed(server, { watch: subject.watch, backup, database: subject.database.name });
  };
  const takeOurs = async (round: number): Promise<void> => {
    const taken = await withPeakRss(server, () => take(round.toString()));
    peakBytes = Math.max(peakBytes, taken.peakBytes);
    ours.push(taken.result);
  };
  // One of each to warm the server's caches up.
  await take('warm-up');
  for (let round = 0; round < (bench.isQuick ? 1 : 3); round += 1) {
    if (round % 2 === 0) fastMs.push(await timeShell(native.fast, bench));
    await takeOurs(round);
    if (round % 2 === 1) fastMs.push(await timeShell(native.fast, bench));
    if (round === 0) usualMs.push(await timeShell(native.usual, bench));
  }
  const copied = ours.map(({ copiedMs }) => copiedMs);
  const verified = ours.map(({ copiedMs, completedMs }) => completedMs - copiedMs);
  const completed = ours.map(({ completedMs }) => completedMs);
  const fastRatio = median(copied) / median(fastMs);
  const usualRatio = median(completed) / median(usualMs);
  const maxUsual = MAX_USUAL_RATIO[kind] ?? 1;
  return {
    rows: [
      {
        what: `${kind} ${formatMb(sizeBytes)}: createBackup to stored`,
        measured: formatSpread(copied),
        reference: `dump | zstd -3 > file ${formatSpread(fastMs)}`,
        ratio: fastRatio,
        goal: `<= ${MAX_FAST_RATIO.toString()} x`,
        isMet: fastRatio <= MAX_FAST_RATIO,
      },
      { what: `${kind}: verification after that`, measured: formatSpread(verified) },
      {
        what: `${kind}: createBackup to COMPLETED, verified`,
        measured: formatSpread(completed),
        reference: `${kind === 'MariaDB' ? 'dump | gzip' : 'pg_dump -Fc'} > file ${formatSpread(usualMs)}`,
        ratio: usualRatio,
        goal: `<= ${maxUsual.toString()} x`,
        isMet: usualRatio <= maxUsual,
      },
      {
        what: `${kind}: resident memory at its peak, beyond before`,
        measured: `+${formatMb(peakBytes - rssBefore)}`,
        reference: `before ${formatMb(rssBefore)}`,
        goal: `<= +${formatMb(MAX_RSS_GROWTH_BYTES)}`,
        isMet: peakBytes - rssBefore <= MAX_RSS_GROWTH_BYTES,
      },
    ],
    notes: [`${kind} by hand: ${native.fast.replaceAll(/\S*(PASSWORD|PWD)=\S*\s/g, '')} > file`],
  };
}

async function timeShell(line: string, bench: Bench): Promise<number> {
  const file = join(bench.workDir.path, 'native.dump');
  await runTool('sync', []);
  const begin = performance.now();
  await runShell(`set -o pipefail; ${line} > ${file}`);
  const tookMs = performance.now() - begin;
  await rm(file);
  return tookMs;
}

/** What a dashboard's question takes while both servers are dumped at the same time. */
async function measureLatency(api: ApiClient, subjects: readonly Subject[]): Promise<Row> {
  const idleMs: number[] = [];
  const busyMs: number[] = [];
  const ask = async (into: number[], until: () => boolean): Promise<void> => {
    while (!until()) {
      const begin = performance.now();
      await api.query(QUESTION);
      into.push(performance.now() - begin);
      await new Promise((resolve) => setTimeout(resolve, LATENCY_PAUSE_MS));
    }
  };
  await ask([], countdown(200));
  await ask(idleMs, countdown(600));
  for (let round = 0; round < 2; round += 1) {
    let isOver = false;
    const dumps = Promise.all(
      subjects.map(({ watch, database }) =>
        watch.take(`${toName(database)}-latency-${round.toString()}`, {
          databases: [database.name],
          includeSystemDatabases: false,
        }),
      ),
    ).finally(() => {
      isOver = true;
    });
    await ask(busyMs, () => isOver);
    await dumps;
  }
  const ratio = quantile(busyMs, 0.99) / quantile(idleMs, 0.99);
  const show = (values: readonly number[]): string =>
    `${formatMs(quantile(values, 0.99))} (median ${formatMs(median(values))}, ${values.length.toString()} asked)`;
  return {
    what: 'API latency p99 while two such dumps run',
    measured: show(busyMs),
    reference: `idle ${show(idleMs)}`,
    ratio,
    goal: `<= ${MAX_LATENCY_RATIO.toString()} x`,
    isMet: ratio <= MAX_LATENCY_RATIO,
  };
}

function countdown(count: number): () => boolean {
  let left = count;
  return () => left-- <= 0;
}

import { ApiClient } from '../api-client.js';
import { SqliteFile } from '../../support/sqlite.js';
import { createOrders } from '../sample-database.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import { formatMs, median, quantile } from '../statistics.js';
import { BackupWatch } from '../status-log.js';

const MAX_MEDIAN_MS = 15;
const SAMPLES = 60;
/** The first requests pay for code that is not compiled yet. */
const WARM_UP = 10;

/** How long createBackup takes to answer on an idle server. */
export const createLatency: Scenario = {
  name: 'create-latency',
  async run(bench: Bench): Promise<Outcome> {
    const dataDir = await bench.workDir.createFolder('latency');
    const database = await createOrders(`${dataDir}/orders.db`, 100_000);
    await using server = await ServerProcess.start(dataDir);
    await using api = new ApiClient(server.url);
    const instanceId = await api.register('orders', database.path);
    await using watch = await BackupWatch.open(api, instanceId);

    await using bare = await SqliteFile.open(`${dataDir}/bare.db`);
    await bare.exec('PRAGMA journal_mode = wal; PRAGMA synchronous = full; CREATE TABLE bare (id INTEGER PRIMARY KEY)');

    const created: number[] = [];
    const completed: number[] = [];
    const empty: number[] = [];
    const committed: number[] = [];
    for (let sample = -WARM_UP; sample < (bench.isQuick ? 10 : SAMPLES); sample += 1) {
      const begin = performance.now();
      await api.query('{ __typename }');
      const emptyMs = performance.now() - begin;
      const commitBegin = performance.now();
      await bare.exec('INSERT INTO bare DEFAULT VALUES');
      const committedMs = performance.now() - commitBegin;
      const { answeredMs, completedMs } = await watch.take(`sample${sample.toString().replace('-', '_')}`);
      if (sample < 0) continue;
      empty.push(emptyMs);
      committed.push(committedMs);
      created.push(answeredMs);
      completed.push(completedMs);
    }

    return {
      rows: [
        {
          what: `createBackup answered, median of ${created.length.toString()} (p95)`,
          measured: `${formatMs(median(created))} (${formatMs(quantile(created, 0.95))})`,
          reference: `{ __typename } ${formatMs(median(empty))}, a bare synced commit ${formatMs(median(committed))}`,
          goal: `<= ${formatMs(MAX_MEDIAN_MS)}`,
          isMet: median(created) <= MAX_MEDIAN_MS,
        },
        {
          what: 'the whole backup of 100 kB, median (p95)',
          measured: `${formatMs(median(completed))} (${formatMs(quantile(completed, 0.95))})`,
        },
      ],
    };
  },
};

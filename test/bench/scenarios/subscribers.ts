import { setTimeout as delay } from 'node:timers/promises';
import { ApiClient } from '../api-client.js';
import type { BroadcastOrder } from '../bare-broadcast.js';
import { createOrders } from '../sample-database.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { readRssBytes, ServerProcess } from '../server-process.js';
import type { CrowdOrder, CrowdReport } from '../socket-crowd.js';
import { formatMs, quantile } from '../statistics.js';
import { BackupWatch, findLogFaults, readStatusLog } from '../status-log.js';
import { Worker } from '../worker.js';

const SUBSCRIBERS = 1000;
const BACKUPS = 10;
const SUBSCRIPTION = `subscription ($instanceId: ID!) {
  instanceStatusChanged(instanceId: $instanceId) {
    id previousStatus status reason occurredAt instance { id name status } backup { id name status }
  }
}`;

interface Delivery {
  /** From the first receiver of each message to each receiver. */
  readonly afterFirstMs: readonly number[];
  /** From what set it off to each receiver. */
  readonly afterCauseMs: readonly number[];
  readonly bytesPerSocket: number;
}

/** Many subscribers of one instance, beside a server that only sends the same bytes to as many sockets. */
export const subscribers: Scenario = {
  name: 'subscribers',
  async run(bench: Bench): Promise<Outcome> {
    const count = bench.isQuick ? 100 : SUBSCRIBERS;
    const backups = bench.isQuick ? 2 : BACKUPS;
    const { delivery, frame, faults } = await measureServer(bench, count, backups);
    const bare = await measureBare(frame, count, backups * 2);
    const p99 = (values: readonly number[]): number => quantile(values, 0.99);
    const perSocket = (bytes: number): string => `${(bytes / 1024).toFixed(1)} kB`;
    return {
      rows: [
        {
          what: `${count.toString()} subscribers, ${(backups * 2).toString()} transitions: all, in order`,
          measured: faults.length === 0 ? 'yes' : 'no',
          goal: 'yes',
          isMet: faults.length === 0,
        },
        {
          what: 'from the first receiver to each, p99',
          measured: formatMs(p99(delivery.afterFirstMs)),
          reference: `bare ws broadcast ${formatMs(p99(bare.afterFirstMs))}`,
          ratio: p99(delivery.afterFirstMs) / p99(bare.afterFirstMs),
        },
        {
          what: "from createBackup's answer to each, p99",
          measured: formatMs(p99(delivery.afterCauseMs)),
          reference: `bare, from its first send ${formatMs(p99(bare.afterCauseMs))}`,
          ratio: p99(delivery.afterCauseMs) / p99(bare.afterCauseMs),
        },
        {
          what: 'resident memory a subscriber',
          measured: perSocket(delivery.bytesPerSocket),
          reference: `bare socket ${perSocket(bare.bytesPerSocket)}`,
          ratio: delivery.bytesPerSocket / bare.bytesPerSocket,
        },
      ],
      notes: [`a frame has ${frame.length.toString()} bytes`],
      faults,
    };
  },
};

async function measureServer(
  bench: Bench,
  count: number,
  backups: number,
): Promise<{ delivery: Delivery; frame: string; faults: readonly string[] }> {
  const dataDir = await bench.workDir.createFolder('subscribers');
  // Large enough that one transition has reached everybody before the next one comes.
  const database = await createOrders(`${dataDir}/orders.db`, 60e6);
  await using server = await ServerProcess.start(dataDir);
  await using api = new ApiClient(server.url);
  const instanceId = await api.register('orders', database.path);
  await using watch = await BackupWatch.open(api, instanceId);
  await watch.take('warm-up');

  await using crowd = new Worker<CrowdOrder>('socket-crowd.ts', []);
  const url = `${server.url.replace(/^http/, 'ws')}/graphql`;
  const rssBefore = await server.readRssBytes();
  const subscription = { query: SUBSCRIPTION, variables: { instanceId } };
  await crowd.ask({ kind: 'open', url, count, subscription });
  await delay(500);
  const bytesPerSocket = ((await server.readRssBytes()) - rssBefore) / count;

  const answeredAtMs: number[] = [];
  for (let index = 0; index < backups; index += 1) {
    const beganAtMs = Number(process.hrtime.bigint()) / 1e6;
    const { answeredMs } = await watch.take(`backup-${index.toString()}`);
    answeredAtMs.push(beganAtMs + answeredMs);
    await delay(300);
  }
  // The first message of each tells the current state.
  const report = await crowd.ask<CrowdReport>({ kind: 'collect', messages: 1 + 2 * backups });
  const transitions = report.arrivalsMs.slice(1);
  const delivery = {
    afterFirstMs: transitions.flatMap((arrivals) => since(arrivals, Math.min(...arrivals))),
    afterCauseMs: answeredAtMs.flatMap((at, index) => since(transitions[2 * index] ?? [], at)),
    bytesPerSocket,
  };
  const log = await readStatusLog(api, instanceId);
  // The registration and the beginning of the first backup came before the crowd.
  const expected = log
    .slice(2)
    .map(({ id }) => id)
    .join(',');
  const wrong = report.sequences.filter((sequence) => sequence !== expected);
  const faults = [
    ...wrong.map((sequence) => `a subscriber got ${sequence} instead of ${expected}`),
    ...findLogFaults(log),
  ];
  return { delivery, frame: report.exampleFrame, faults };
}

async function measureBare(frame: string, count: number, messages: number): Promise<Delivery> {
  await using server = new Worker<BroadcastOrder>('bare-broadcast.ts', []);
  const port = await server.ask<number>({ kind: 'listen' });
  await using crowd = new Worker<CrowdOrder>('socket-crowd.ts', []);
  const rssBefore = await readRssBytes(server.pid);
  await crowd.ask({ kind: 'open', url: `ws://127.0.0.1:${port.toString()}`, count, subscription: null });
  await delay(500);
  const bytesPerSocket = ((await readRssBytes(server.pid)) - rssBefore) / count;
  const sentAtMs: number[] = [];
  for (let index = 0; index < messages; index += 1) {
    sentAtMs.push(await server.ask<number>({ kind: 'send', frame }));
    await delay(300);
  }
  const { arrivalsMs } = await crowd.ask<CrowdReport>({ kind: 'collect', messages });
  return {
    afterFirstMs: arrivalsMs.flatMap((arrivals) => since(arrivals, Math.min(...arrivals))),
    afterCauseMs: arrivalsMs.flatMap((arrivals, index) => since(arrivals, sentAtMs[index] ?? NaN)),
    bytesPerSocket,
  };
}

function since(timesMs: readonly number[], startMs: number): readonly number[] {
  return timesMs.map((time) => time - startMs);
}

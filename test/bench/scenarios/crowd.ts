import { ApiClient } from '../api-client.js';
import type { BackupState } from '../api-client.js';
import { createOrders } from '../sample-database.js';
import type { Bench, Outcome, Scenario } from '../scenario.js';
import { ServerProcess } from '../server-process.js';
import { formatMs } from '../statistics.js';
import { findLogFaults, readStatusLog, watchStatus } from '../status-log.js';

const REQUESTS = 1000;
const REFUSAL = 'BACKUP_IN_PROGRESS';

/** Everybody asks for a backup of the same instance at the same moment. */
export const crowd: Scenario = {
  name: 'crowd',
  async run(bench: Bench): Promise<Outcome> {
    const dataDir = await bench.workDir.createFolder('crowd');
    const database = await createOrders(`${dataDir}/orders.db`, 1_000_000);
    await using server = await ServerProcess.start(dataDir);
    await using api = new ApiClient(server.url);
    const instanceId = await api.register('orders', database.path);
    const everybody = Array.from(
      { length: bench.isQuick ? 100 : REQUESTS },
      (_, index) => `backup-${index.toString()}`,
    );

    // Once for the connections alone, which are then kept; once for comparison.
    await Promise.all(everybody.map(() => api.query('{ __typename }')));
    const emptyBegin = performance.now();
    await Promise.all(everybody.map(() => api.query('{ __typename }')));
    const emptyMs = performance.now() - emptyBegin;

    const begin = performance.now();
    const answers = await Promise.all(everybody.map((name) => api.createBackup(instanceId, name)));
    const answeredMs = performance.now() - begin;
    await untilAvailable(api, instanceId);

    const codes = answers.map(({ errors }) => errors?.[0]?.extensions.code ?? null);
    const winners = codes.filter((code) => code === null).length;
    const strange = codes.filter((code) => code !== null && code !== REFUSAL);
    const backups = await api.listBackups();
    const log = await readStatusLog(api, instanceId);
    const faults = [
      ...strange.map((code) => `a request was refused with ${code ?? ''}`),
      ...findOverlaps(backups),
      ...findLogFaults(log),
      ...(winners === 0 ? ['nobody got a backup'] : []),
      ...(backups.length === winners ? [] : [`${winners.toString()} won, ${backups.length.toString()} backups exist`]),
      ...(log.length === 1 + 2 * winners ? [] : [`${winners.toString()} won, ${log.length.toString()} events exist`]),
      ...backups.filter(({ status }) => status !== 'COMPLETED').map(({ name, status }) => `${name} is ${status}`),
    ];
    return {
      rows: [
        {
          what: `${everybody.length.toString()} createBackup at once, until all are answered`,
          measured: formatMs(answeredMs),
          reference: `as many { __typename } ${formatMs(emptyMs)}`,
          ratio: answeredMs / emptyMs,
        },
        {
          what: 'backups that overlap; losers with another answer',
          measured: `${findOverlaps(backups).length.toString()}; ${strange.length.toString()} (${winners.toString()} won in turn)`,
          goal: '0; 0',
          isMet: faults.length === 0,
        },
      ],
      faults,
    };
  },
};

async function untilAvailable(api: ApiClient, instanceId: string): Promise<void> {
  for await (const { status } of watchStatus(api, instanceId)) {
    if (status === 'AVAILABLE') return;
  }
}

/** @param backups oldest first */
function findOverlaps(backups: readonly BackupState[]): readonly string[] {
  return backups.flatMap((backup, index) => {
    const previous = backups[index - 1];
    const previousEnd = previous?.completedAt ?? null;
    if (previous === undefined || (previousEnd !== null && Date.parse(previousEnd) <= Date.parse(backup.startedAt)))
      return [];
    return [`${backup.name} began at ${backup.startedAt}, ${previous.name} ended at ${String(previousEnd)}`];
  });
}

import type { ApiClient } from './api-client.js';

/** What is to be restored. */
export interface RestoreOrder {
  readonly backupId: string;
  readonly targetInstanceId: string;
  readonly database: string;
  readonly restoreAs: string;
  readonly overwrite: boolean;
}

export interface RestoreRun {
  /** From restoreBackup to COMPLETED, as a client sees it. */
  readonly completedMs: number;
  /** How long each phase was seen; it is published up to a quarter of a second late. */
  readonly phasesMs: ReadonlyMap<string, number>;
}

interface RestoreState {
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED';
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly progress: { readonly phase: string };
}

const MUTATION = `mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) { restore { id } } }`;
const SUBSCRIPTION = `subscription ($restoreId: ID!) {
  restoreChanged(restoreId: $restoreId) { status failure { code message } progress { phase } }
}`;

/** Restores a database, and waits for it. @throws unless it is COMPLETED */
export async function runRestore(api: ApiClient, order: RestoreOrder): Promise<RestoreRun> {
  const { backupId, targetInstanceId, database: name, restoreAs, overwrite } = order;
  const beginMs = performance.now();
  const { restoreBackup } = await api.query<{ restoreBackup: { restore: { id: string } } }>(MUTATION, {
    input: { backupId, targetInstanceId, databases: [{ name, restoreAs }], overwrite },
  });
  const { id: restoreId } = restoreBackup.restore;
  const seenMs = new Map<string, number>();
  for await (const { restoreChanged } of api.subscribe<{ restoreChanged: RestoreState }>(SUBSCRIPTION, { restoreId })) {
    const nowMs = performance.now();
    const { status, failure, progress } = restoreChanged;
    if (!seenMs.has(progress.phase)) seenMs.set(progress.phase, nowMs);
    if (status === 'RUNNING') continue;
    if (status === 'FAILED') throw new Error(`not restored: ${JSON.stringify(failure)}`);
    return { completedMs: nowMs - beginMs, phasesMs: toDurations(seenMs) };
  }
  throw new Error('the subscription has ended');
}

function toDurations(seenMs: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const seen = [...seenMs];
  return new Map(seen.slice(0, -1).map(([phase, fromMs], index) => [phase, (seen[index + 1]?.[1] ?? fromMs) - fromMs]));
}

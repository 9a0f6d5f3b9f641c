import { expect } from 'vitest';
import type { AppOverrides } from '../../src/app.js';
import type { BackupStatus, BackupType } from '../../src/domain/backup.js';
import type { ApiClient, GraphqlAnswer } from './api-client.js';

/** What clients do with backup policies. */

export interface PolicyMessage {
  readonly enabled: boolean;
  readonly keepDays: number;
  readonly startTime: string;
  readonly weekdays: readonly string[];
  readonly nextBackupAt: string | null;
  readonly lastBackupAt: string | null;
  readonly lastMissedAt: string | null;
  readonly lastMissedReason: string | null;
  readonly updatedAt: string;
}

export type PolicyInput = Readonly<Record<string, unknown>> & { readonly instanceId: string };

const FIELDS = `enabled keepDays startTime weekdays nextBackupAt lastBackupAt lastMissedAt lastMissedReason updatedAt`;

export async function setBackupPolicy(app: ApiClient, input: PolicyInput): Promise<GraphqlAnswer> {
  const query = `mutation ($input: SetBackupPolicyInput!) { setBackupPolicy(input: $input) { policy { ${FIELDS} } } }`;
  return app.graphql(query, { input: { enabled: true, startTime: '12:00', ...input } });
}

/** Sets a policy that must be accepted. */
export async function setPolicy(app: ApiClient, input: PolicyInput): Promise<PolicyMessage> {
  const { data, errors } = await setBackupPolicy(app, input);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.setBackupPolicy.policy as PolicyMessage;
}

export async function readPolicy(app: ApiClient, instanceId: string): Promise<PolicyMessage | null> {
  const query = `query ($id: ID!) { instance(id: $id) { backupPolicy { ${FIELDS} } } }`;
  return (await app.graphql(query, { id: instanceId })).data.instance.backupPolicy as PolicyMessage | null;
}

export interface ListedBackup {
  readonly id: string;
  readonly name: string;
  readonly type: `${BackupType}`;
  readonly status: `${BackupStatus}`;
  readonly startedAt: string;
}

/** The backups of an instance, oldest first. */
export async function listBackups(app: ApiClient, instanceId: string): Promise<readonly ListedBackup[]> {
  const query = `query ($id: ID!) {
    backups(first: 100, filter: { instanceId: $id }, orderBy: { field: STARTED_AT, direction: ASC }) {
      nodes { id name type status startedAt }
    }
  }`;
  return (await app.graphql(query, { id: instanceId })).data.backups.nodes as ListedBackup[];
}

/** Decides what time it is, and how random a server is. */
export class TestTime {
  now: Date;
  /** From 0 to less than 1. */
  random = 0.5;

  #looks = 0;
  readonly #waiting: { readonly until: number; readonly resolve: () => void }[] = [];

  constructor(now: string) {
    this.now = new Date(now);
  }

  set(now: string): void {
    this.now = new Date(now);
  }

  /** Resolves once a server has asked for the time so often: it has looked for what is due meanwhile. */
  async looks(count = 20): Promise<void> {
    const until = this.#looks + count;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ until, resolve });
    });
  }

  /** For a server that lives in this time, and looks often what is due. */
  get overrides(): AppOverrides {
    return { clock: () => this.#look(), random: () => this.random, tickMs: 10 };
  }

  #look(): Date {
    this.#looks += 1;
    for (const { until, resolve } of this.#waiting) if (this.#looks >= until) resolve();
    return this.now;
  }
}

/** Resolves once an instance has so many backups, none of them BUILDING. */
export async function waitForBackups(
  app: ApiClient,
  instanceId: string,
  count: number,
): Promise<readonly ListedBackup[]> {
  const read = async (): Promise<readonly ListedBackup[]> => listBackups(app, instanceId);
  const isReached = async (): Promise<boolean> => {
    const ended = (await read()).filter(({ status }) => status !== 'BUILDING');
    return ended.length === count;
  };
  await expect.poll(isReached, { timeout: 20_000, interval: 10 }).toBe(true);
  return read();
}

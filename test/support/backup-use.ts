import { expect } from 'vitest';
import type { ApiClient, GraphqlAnswer } from './api-client.js';

/** What is done with backups, as any client would do it: restore, verify, delete. */

export interface RestoreMessage {
  readonly id: string;
  readonly status: 'RUNNING' | 'COMPLETED' | 'FAILED';
  readonly progress: {
    readonly phase: string;
    readonly bytesDone: number;
    readonly bytesTotal: number;
    readonly percent: number;
  };
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly databases: readonly { readonly name: string; readonly restoreAs: string }[];
  readonly completedAt: string | null;
}

export interface VerificationMessage {
  readonly level: string;
  readonly status: 'RUNNING' | 'PASSED' | 'FAILED';
  readonly details: string | null;
  readonly verifiedAt: string | null;
}

export interface AuditMessage {
  readonly id: string;
  readonly occurredAt: string;
  readonly caller: string;
  readonly requestId: string | null;
  readonly action: string;
  readonly outcome: string;
  readonly code: string | null;
  readonly instanceId: string | null;
  readonly backupId: string | null;
  readonly restoreId: string | null;
  readonly details: string | null;
}

export interface RestoreInput {
  readonly backupId: string;
  readonly targetInstanceId: string;
  readonly databases?: readonly { readonly name: string; readonly restoreAs?: string }[];
  readonly overwrite?: boolean;
}

const RESTORE_FIELDS = `id status progress { phase bytesDone bytesTotal percent } failure { code message }
  databases { name restoreAs } completedAt`;

export async function restoreBackup(app: ApiClient, input: RestoreInput): Promise<GraphqlAnswer> {
  const query = `mutation ($input: RestoreBackupInput!) { restoreBackup(input: $input) { restore { ${RESTORE_FIELDS} } } }`;
  return app.graphql(query, { input });
}

/** The code that a call was refused with; "ACCEPTED" when it was not. */
export function codeOf({ errors }: Pick<GraphqlAnswer, 'errors'>): string {
  return errors?.[0]?.extensions.code ?? 'ACCEPTED';
}

/** Begins a restore that must be accepted, and returns its id. */
export async function beginRestore(app: ApiClient, input: RestoreInput): Promise<string> {
  const { data, errors } = await restoreBackup(app, input);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.restoreBackup.restore.id as string;
}

/** Restores, and waits for the end. */
export async function restore(app: ApiClient, input: RestoreInput): Promise<RestoreMessage> {
  return waitForRestoreEnd(app, await beginRestore(app, input));
}

export async function* restoreChanges(
  app: ApiClient,
  variables: { readonly instanceId?: string; readonly restoreId?: string } = {},
): AsyncGenerator<RestoreMessage, void> {
  const query = `subscription ($instanceId: ID, $restoreId: ID) {
    restoreChanged(instanceId: $instanceId, restoreId: $restoreId) { ${RESTORE_FIELDS} }
  }`;
  for await (const data of app.subscribe(query, variables)) yield data.restoreChanged as RestoreMessage;
}

export async function waitForRestore(
  app: ApiClient,
  restoreId: string,
  isWanted: (restore: RestoreMessage) => boolean,
): Promise<RestoreMessage> {
  for await (const each of restoreChanges(app, { restoreId })) if (isWanted(each)) return each;
  throw new Error('the subscription ended before the restore was as wanted');
}

export async function waitForRestoreEnd(app: ApiClient, restoreId: string): Promise<RestoreMessage> {
  return waitForRestore(app, restoreId, ({ status }) => status !== 'RUNNING');
}

export async function verifyBackup(app: ApiClient, backupId: string, level: string): Promise<GraphqlAnswer> {
  return app.graphql(
    `mutation ($input: VerifyBackupInput!) {
      verifyBackup(input: $input) { backup { id verification { level status details verifiedAt } } }
    }`,
    { input: { backupId, level } },
  );
}

/** Verifies a backup, and waits for what is found. */
export async function verify(app: ApiClient, backupId: string, level: string): Promise<VerificationMessage> {
  const { errors } = await verifyBackup(app, backupId, level);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return waitForVerification(app, backupId);
}

export async function waitForVerification(app: ApiClient, backupId: string): Promise<VerificationMessage> {
  const query = `subscription ($backupId: ID) {
    backupChanged(backupId: $backupId) { verification { level status details verifiedAt } }
  }`;
  for await (const data of app.subscribe(query, { backupId })) {
    const { verification } = data.backupChanged as { verification: VerificationMessage };
    if (verification.status !== 'RUNNING') return verification;
  }
  throw new Error('the subscription ended before the verification had');
}

export interface DeleteResult {
  readonly backupId: string;
  readonly error: { readonly code: string; readonly message: string; readonly retryable: boolean } | null;
}

export async function deleteBackups(app: ApiClient, ids: readonly string[]): Promise<GraphqlAnswer> {
  return app.graphql(
    `mutation ($ids: [ID!]!) {
      deleteBackup(input: { ids: $ids }) { results { backupId error { code message retryable } } }
    }`,
    { ids },
  );
}

/** What came of the wish to delete each. */
export async function deleteEach(app: ApiClient, ids: readonly string[]): Promise<readonly DeleteResult[]> {
  const { data, errors } = await deleteBackups(app, ids);
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.deleteBackup.results as DeleteResult[];
}

/** The code that deleting one was refused with; "ACCEPTED" when it was not. */
export async function deleteOne(app: ApiClient, id: string): Promise<string> {
  const [result] = await deleteEach(app, [id]);
  return result?.error?.code ?? 'ACCEPTED';
}

export interface DeletedRecord {
  readonly kind: 'INSTANCE' | 'BACKUP';
  readonly id: string;
}

/** What is deleted from here on. */
export async function watchDeletions(app: ApiClient): Promise<AsyncGenerator<DeletedRecord, void>> {
  const messages = await app.follow('subscription { recordDeleted { kind id } }');
  return (async function* () {
    for await (const { recordDeleted } of messages) yield recordDeleted as DeletedRecord;
  })();
}

export async function waitUntilGone(app: ApiClient, backupId: string): Promise<void> {
  const isThere = async (): Promise<boolean> => {
    const { data } = await app.graphql('query ($id: ID!) { backup(id: $id) { id } }', { id: backupId });
    return data.backup !== null;
  };
  await expect.poll(isThere, { timeout: 20_000 }).toBe(false);
}

export async function deleteInstance(app: ApiClient, instanceId: string): Promise<GraphqlAnswer> {
  return app.graphql(
    `mutation ($instanceId: ID!) {
      deleteInstance(input: { instanceId: $instanceId }) {
        deletedInstanceId deletedAutomatedBackups retainedManualBackups
      }
    }`,
    { instanceId },
  );
}

/** The audit log, oldest first. */
export async function auditEvents(
  app: ApiClient,
  filter: Readonly<Record<string, unknown>> = {},
): Promise<readonly AuditMessage[]> {
  const { data, errors } = await app.graphql(
    `query ($filter: AuditEventFilter) {
      auditEvents(first: 100, orderBy: { field: OCCURRED_AT, direction: ASC }, filter: $filter) {
        nodes { id occurredAt caller requestId action outcome code instanceId backupId restoreId details }
      }
    }`,
    { filter },
  );
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.auditEvents.nodes as AuditMessage[];
}

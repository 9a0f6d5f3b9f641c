import type { Catalog, StatusTransition } from '../../src/catalog/catalog.js';
import { BackupFailureCode } from '../../src/domain/backup.js';
import type { Backup, Lease } from '../../src/domain/backup.js';
import { InstanceStatus } from '../../src/domain/instance.js';
import type { Instance } from '../../src/domain/instance.js';
import { NOON, sampleArtifact, sampleInstance, sampleLease } from '../support/samples.js';

/** An empty catalog of its own for one test. */
export interface CatalogSubject extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Opens the same catalog once more, as the next start of the server does, or another server. */
  readonly openAgain: () => Promise<Catalog>;
  /** Runs a statement past the catalog, as somebody with a database client does. */
  readonly sql: (statement: string) => Promise<unknown>;
}

export type CreateCatalog = () => Promise<CatalogSubject>;

/** Another server on the same catalog; the same one where the catalog is a server's own. */
export async function openForOtherServer({ catalog, openAgain }: CatalogSubject): Promise<Catalog> {
  return catalog.isExclusive ? catalog : openAgain();
}

export async function insertInstance(catalog: Catalog, overrides: Partial<Instance> = {}): Promise<Instance> {
  const instance = sampleInstance(overrides);
  await catalog.transaction(({ instances }) => instances.insert(instance, { sealedUrl: 'sealed', checkDueAt: NOON }));
  return instance;
}

export async function insertBackup(catalog: Catalog, backup: Backup, lease: Lease = sampleLease()): Promise<Backup> {
  await catalog.transaction(({ backups }) => backups.insert(backup, lease));
  return backup;
}

/** The transition with which a backup claims an instance. */
export function claimOf(instanceId: string, overrides: Partial<StatusTransition> = {}): StatusTransition {
  return {
    instanceId,
    from: InstanceStatus.AVAILABLE,
    to: InstanceStatus.BACKING_UP,
    reason: 'Backup first is being created.',
    backupId: 'backup-1',
    at: NOON,
    ...overrides,
  };
}

export function releaseOf(instanceId: string): StatusTransition {
  return claimOf(instanceId, { from: InstanceStatus.BACKING_UP, to: InstanceStatus.AVAILABLE });
}

export async function changeStatus(catalog: Catalog, transition: StatusTransition): Promise<boolean> {
  return catalog.transaction(({ instances }) => instances.changeStatus(transition));
}

export const LATER = new Date(NOON.getTime() + 60_000);
export const FAILURE = { code: BackupFailureCode.DUMP_FAILED, message: 'It broke.', occurredAt: LATER };

export async function fail(catalog: Catalog, { id }: Backup, owner = 'server-a'): Promise<boolean> {
  return catalog.transaction(({ backups }) => backups.fail(id, owner, { failure: FAILURE, isCleaned: true }));
}

export async function complete(catalog: Catalog, { id }: Backup, owner = 'server-a'): Promise<boolean> {
  const result = { artifacts: [sampleArtifact()], completedAt: LATER };
  return catalog.transaction(({ backups }) => backups.complete(id, owner, result));
}

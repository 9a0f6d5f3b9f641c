import { describe } from 'vitest';
import type { Catalog, StatusTransition } from '../../src/catalog/catalog.js';
import type { Backup, Lease } from '../../src/domain/backup.js';
import { InstanceStatus } from '../../src/domain/instance.js';
import type { Instance } from '../../src/domain/instance.js';
import { NOON, sampleInstance, sampleLease } from '../support/samples.js';
import { backupContract } from './catalog-backups.contract.js';
import { instanceContract } from './catalog-instances.contract.js';
import { pageContract } from './catalog-pages.contract.js';
import { statusChangeContract } from './catalog-status-changes.contract.js';
import { transactionContract } from './catalog-transactions.contract.js';

/** An empty catalog of its own for one test. */
export interface CatalogSubject extends AsyncDisposable {
  readonly catalog: Catalog;
  /** Opens the same catalog once more, as the next start of the server does, or another server. */
  readonly openAgain: () => Promise<Catalog>;
}

export type CreateCatalog = () => Promise<CatalogSubject>;

/** What every catalog promises, whatever database it is on. */
export function catalogContract(create: CreateCatalog): void {
  describe('transactions', () => {
    transactionContract(create);
  });
  describe('instances', () => {
    instanceContract(create);
  });
  describe('status changes', () => {
    statusChangeContract(create);
  });
  describe('backups', () => {
    backupContract(create);
  });
  describe('pages', () => {
    pageContract(create);
  });
}

/** Another server on the same catalog; the same one where the catalog is a server's own. */
export async function openForOtherServer({ catalog, openAgain }: CatalogSubject): Promise<Catalog> {
  return catalog.isExclusive ? catalog : openAgain();
}

export async function insertInstance(catalog: Catalog, overrides: Partial<Instance> = {}): Promise<Instance> {
  const instance = sampleInstance(overrides);
  await catalog.transaction(({ instances }) => instances.insert(instance, 'sealed'));
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

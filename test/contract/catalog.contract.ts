import { describe } from 'vitest';
import { backupContract } from './catalog-backups.contract.js';
import { instanceContract } from './catalog-instances.contract.js';
import { leaseContract } from './catalog-leases.contract.js';
import { pageContract } from './catalog-pages.contract.js';
import { statusChangeContract } from './catalog-status-changes.contract.js';
import type { CreateCatalog } from './catalog-subject.js';
import { transactionContract } from './catalog-transactions.contract.js';

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
    leaseContract(create);
    backupContract(create);
  });
  describe('pages', () => {
    pageContract(create);
  });
}

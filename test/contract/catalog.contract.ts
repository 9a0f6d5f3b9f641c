import { describe } from 'vitest';
import { backupContract } from './catalog-backups.contract.js';
import { cancelContract } from './catalog-cancel.contract.js';
import { healthCheckContract } from './catalog-health-checks.contract.js';
import { instanceChangeContract } from './catalog-instance-changes.contract.js';
import { instanceContract } from './catalog-instances.contract.js';
import { leaseContract } from './catalog-leases.contract.js';
import { pageContract } from './catalog-pages.contract.js';
import { policyContract, scheduleContract } from './catalog-policies.contract.js';
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
    instanceChangeContract(create);
    healthCheckContract(create);
  });
  describe('status changes', () => {
    statusChangeContract(create);
  });
  describe('backups', () => {
    leaseContract(create);
    backupContract(create);
    cancelContract(create);
  });
  describe('backup policies', () => {
    policyContract(create);
  });
  describe('schedules', () => {
    scheduleContract(create);
  });
  describe('pages', () => {
    pageContract(create);
  });
}

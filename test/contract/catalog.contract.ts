import { describe } from 'vitest';
import { auditContract } from './catalog-audit.contract.js';
import { backupContract } from './catalog-backups.contract.js';
import { cancelContract } from './catalog-cancel.contract.js';
import { deleteContract } from './catalog-deletes.contract.js';
import { healthCheckContract } from './catalog-health-checks.contract.js';
import { instanceChangeContract } from './catalog-instance-changes.contract.js';
import { instanceContract } from './catalog-instances.contract.js';
import { leaseContract } from './catalog-leases.contract.js';
import { locationContract } from './catalog-locations.contract.js';
import { pageContract } from './catalog-pages.contract.js';
import { policyContract, scheduleContract } from './catalog-policies.contract.js';
import { restoreContract } from './catalog-restores.contract.js';
import { statusChangeContract } from './catalog-status-changes.contract.js';
import type { CreateCatalog } from './catalog-subject.js';
import { transactionContract } from './catalog-transactions.contract.js';
import { verificationContract } from './catalog-verifications.contract.js';

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
  describe('restores', () => {
    restoreContract(create);
  });
  describe('verifications', () => {
    verificationContract(create);
  });
  describe('the audit log', () => {
    auditContract(create);
  });
  describe('when something is deleted', () => {
    deleteContract(create);
  });
  describe('locations', () => {
    locationContract(create);
  });
  describe('pages', () => {
    pageContract(create);
  });
}

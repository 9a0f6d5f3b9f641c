import type { BackupPolicy } from '../domain/backup-policy.js';

export interface BackupPolicyReader {
  /** The policy of each instance; null where none was set. One statement. */
  findMany(instanceIds: readonly string[]): Promise<readonly (BackupPolicy | null)[]>;
  /** Every policy, disabled ones, too. */
  list(): Promise<readonly BackupPolicy[]>;
  /** Policies whose next backup is due, the longest due first. One statement. */
  listDue(now: Date, limit: number): Promise<readonly BackupPolicy[]>;
}

/** What can change of a policy. */
export type BackupPolicyChanges = Partial<Omit<BackupPolicy, 'instanceId' | 'revision'>>;

export interface BackupPolicyWriter extends BackupPolicyReader {
  /**
   * Adds the first policy of an instance, which stays until the transaction ends. Null, and nothing written, when there is
   * one by now, or the instance is gone.
   */
  insert(policy: Omit<BackupPolicy, 'revision'>): Promise<BackupPolicy | null>;
  /** Compare-and-set, by the revision. Null, and nothing written, when the policy was changed since it was read, or is gone. */
  change(policy: BackupPolicy, changes: BackupPolicyChanges): Promise<BackupPolicy | null>;
}

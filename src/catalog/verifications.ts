import type { Lease } from '../domain/backup.js';
import type { Verification } from '../domain/verification.js';

/** An unfinished verification whose lease is looked at. */
export interface LeasedVerification {
  readonly verification: Verification;
  readonly lease: Lease;
}

export interface VerificationReader {
  /** The newest verification of each backup; null where none was asked for since it was taken. One statement. */
  findMany(backupIds: readonly string[]): Promise<readonly (Verification | null)[]>;
  /** Every RUNNING one with its lease. */
  listRunning(): Promise<readonly LeasedVerification[]>;
}

export interface VerificationWriter extends VerificationReader {
  /** Puts a RUNNING verification in the place of the last one. False when one is RUNNING. */
  begin(verification: Verification, lease: Lease): Promise<boolean>;
  renewLeases(backupIds: readonly string[], lease: Lease): Promise<void>;
  /** Takes a verification over from the holder of a lease that was read earlier. False when that lease has changed since. */
  takeOver(backupId: string, from: Lease, to: Lease): Promise<boolean>;
  /** Ends a RUNNING verification that `owner` holds. False when it does not. What has PASSED sets the backup's `verifiedAt`. */
  end(verification: Verification, owner: string): Promise<boolean>;
}

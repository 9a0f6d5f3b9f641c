import type { Backup } from './backup.js';

/** How far a verification goes; each level holds the one before. */
export enum VerificationLevel {
  /** The stored bytes and the manifest are what was written. */
  CHECKSUM = 'CHECKSUM',
  /** Each artifact decrypts and decompresses into a whole dump of its format. */
  FORMAT = 'FORMAT',
  /** Each database was restored into a scratch database, with the tables and rows that it had. */
  RESTORE = 'RESTORE',
}

export enum VerificationStatus {
  RUNNING = 'RUNNING',
  PASSED = 'PASSED',
  FAILED = 'FAILED',
  /** It could not be made; it says nothing of the backup. */
  INCONCLUSIVE = 'INCONCLUSIVE',
}

/** The newest verification of a backup. */
export interface Verification {
  readonly backupId: string;
  readonly level: VerificationLevel;
  readonly status: VerificationStatus;
  readonly startedAt: Date;
  /** When it ended, well or not; null while RUNNING. */
  readonly verifiedAt: Date | null;
  /** What was found, sentences for the operator; null while RUNNING. Holds no secret. */
  readonly details: string | null;
}

/** What taking a backup has shown of it: it is read back before it counts as COMPLETED. Null while it does not. */
export function toFirstVerification({ id: backupId, completedAt, verifiedAt }: Backup): Verification | null {
  if (completedAt === null || verifiedAt === null) return null;
  return {
    backupId,
    level: VerificationLevel.FORMAT,
    status: VerificationStatus.PASSED,
    startedAt: completedAt,
    verifiedAt,
    details: 'Each file was read back when the backup was taken, and is a whole dump.',
  };
}

import { BackupStatus, BackupType } from './backup.js';
import type { Backup } from './backup.js';
import { toFirstVerification, VerificationStatus } from './verification.js';
import type { Verification } from './verification.js';

const DAY_MS = 24 * 3_600_000;

/** A backup of an instance, as retention looks at it. */
export interface KeptBackup {
  readonly backup: Backup;
  /** The newest one that was asked for. */
  readonly verification: Verification | null;
}

/** Whether a backup can be relied on. One that is being verified cannot, until it is known how that ends. */
export function isGood({ backup, verification }: KeptBackup): boolean {
  const newest = verification ?? toFirstVerification(backup);
  return backup.status === BackupStatus.COMPLETED && newest?.status === VerificationStatus.PASSED;
}

/** The newest good backup; null when none is good. */
export function findNewestGood(history: readonly KeptBackup[]): Backup | null {
  const good = history.filter(isGood).map(({ backup }) => backup);
  return good.reduce<Backup | null>((newest, each) => (newest === null || isNewer(each, newest) ? each : newest), null);
}

interface Retention {
  readonly keepDays: number;
  readonly now: Date;
}

/**
 * The automated backups that are to go: those older than they are kept, if a newer backup is good. So the last good one
 * stays, however old, and so does whatever came after it. One that has FAILED holds nothing, and needs no other to go.
 */
export function listExpired(history: readonly KeptBackup[], { keepDays, now }: Retention): readonly Backup[] {
  const newestGood = findNewestGood(history);
  const expiresBefore = now.getTime() - keepDays * DAY_MS;
  return history
    .map(({ backup }) => backup)
    .filter(({ type, startedAt }) => type === BackupType.AUTOMATED && startedAt.getTime() < expiresBefore)
    .filter((backup) => {
      if (backup.status === BackupStatus.FAILED) return true;
      return backup.status === BackupStatus.COMPLETED && newestGood !== null && isNewer(newestGood, backup);
    });
}

function isNewer(one: Backup, other: Backup): boolean {
  const [a, b] = [one.startedAt.getTime(), other.startedAt.getTime()];
  return a === b ? one.id > other.id : a > b;
}

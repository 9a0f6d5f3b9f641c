import type { Config } from './config.js';
import type { Backup } from './domain/backup.js';
import { AutomateBackups } from './services/automate-backups.js';
import type { BackupRunner } from './services/backup-runner.js';
import { CreateBackup } from './services/create-backup.js';
import { PolicyAuditTrail } from './services/policy-audit-trail.js';
import { RetainBackups } from './services/retain-backups.js';
import { SetBackupPolicy } from './services/set-backup-policy.js';
import { VerifySchedule } from './services/verify-schedule.js';

type Parts = Omit<ConstructorParameters<typeof CreateBackup>[0], 'runner'> &
  Omit<ConstructorParameters<typeof RetainBackups>[0], 'tickMs'> &
  Omit<ConstructorParameters<typeof VerifySchedule>[0], 'tickMs' | 'pattern' | 'share'> & {
    readonly config: Config;
    readonly backupRunner: BackupRunner;
    /** From 0 to less than 1. */
    readonly random: () => number;
    /** How often it is looked for what is due. */
    readonly tickMs: number;
  };

/** What a server does when its time has come. */
export interface ScheduledWork {
  readonly setBackupPolicy: SetBackupPolicy;
  /** To be told of a backup that has ended here. */
  onBackupEnded(backup: Backup): void;
  start(): void;
  /** Begins nothing more; resolves when what it had begun is in other hands, or done. */
  drain(graceMs: number): Promise<void>;
}

export function createScheduledWork(parts: Parts): ScheduledWork {
  const { verifySchedule: pattern, verifyShare: share } = parts.config;
  const audit = new PolicyAuditTrail(parts);
  const createBackup = new CreateBackup({ ...parts, runner: parts.backupRunner, audit });
  const retainBackups = new RetainBackups(parts);
  const automateBackups = new AutomateBackups({ ...parts, createBackup });
  const verifySchedules = pattern === null ? [] : [new VerifySchedule({ ...parts, pattern, share })];
  const scheduled = [automateBackups, retainBackups, ...verifySchedules];
  return {
    setBackupPolicy: new SetBackupPolicy({ ...parts, retainBackups }),
    onBackupEnded: (backup) => {
      retainBackups.onBackupEnded(backup);
    },
    start: () => {
      for (const part of scheduled) part.start();
    },
    drain: async (graceMs) => {
      await Promise.all(scheduled.map((part) => part.drain(graceMs)));
    },
  };
}

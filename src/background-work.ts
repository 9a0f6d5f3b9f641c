import type { Logger } from 'pino';
import type { Config } from './config.js';
import type { Backup } from './domain/backup.js';
import type { Clock } from './domain/clock.js';
import type { Restore } from './domain/restore.js';
import type { EngineRegistry } from './engines/engine-registry.js';
import type { Opened } from './opened.js';
import type { AuditTrail } from './services/audit-trail.js';
import { BackupRunner } from './services/backup-runner.js';
import { CleanRestores } from './services/clean-restores.js';
import { ConcludeBackup } from './services/conclude-backup.js';
import { ConcludeRestore } from './services/conclude-restore.js';
import { CopyDatabase } from './services/copy-database.js';
import { DeleteBackups } from './services/delete-backups.js';
import type { InstanceConnector } from './services/instance-connector.js';
import { ProofPlaces } from './services/proof-places.js';
import { RecoverBackups } from './services/recover-backups.js';
import { RecoverRestores } from './services/recover-restores.js';
import { Recovery } from './services/recovery.js';
import { RestoreSteps } from './services/restore-steps.js';
import { RunBackup } from './services/run-backup.js';
import { restoreInterrupted, RunRestore } from './services/run-restore.js';
import { RunVerification } from './services/run-verification.js';
import type { VerificationWork } from './services/run-verification.js';
import { VerifyBackup } from './services/verify-backup.js';
import { WorkRunner } from './services/work-runner.js';
import type { Storage } from './storage.js';

interface WorkParts extends Storage {
  readonly config: Config;
  readonly engines: EngineRegistry;
  readonly connector: InstanceConnector;
  readonly audit: AuditTrail;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly serverId: string;
  /** Counts a backup that has just ended here. */
  readonly onBackupEnded: (backup: Backup) => void;
}

/** What a server does without being asked each time: it runs what was begun, and ends what a crash has left. */
export interface BackgroundWork {
  readonly backupRunner: BackupRunner;
  readonly restoreRunner: WorkRunner<Restore>;
  readonly verifyBackup: VerifyBackup;
  readonly deleteBackups: DeleteBackups;
  readonly recovery: Recovery;
  /** Before requests are taken. */
  start(): Promise<void>;
  /** Takes no more work; what runs may finish within the grace time. */
  drain(graceMs: number): Promise<void>;
}

export function createBackgroundWork(parts: WorkParts, opened: Opened): BackgroundWork {
  const { catalog, logger, clock, serverId, config } = parts;
  const { stallTimeoutMs, maxConcurrentDumps, maxConcurrentBackups: maxConcurrent, scratchUrls } = config;
  const conclude = new ConcludeBackup({
    ...parts,
    onLeftover: (backup, error) => {
      logger.error({ err: error, backupId: backup.id }, 'files of a failed backup could not be removed yet');
    },
    onEnded: parts.onBackupEnded,
  });
  const onLeft = (): void => {
    recovery.soon();
  };
  const copier = new CopyDatabase(parts);
  const runBackup = new RunBackup({ ...parts, copier, conclude, stallTimeoutMs, maxConcurrentDumps });
  const backupRunner = new BackupRunner({ ...parts, runBackup, maxConcurrent, onLeft });

  const steps = new RestoreSteps(parts);
  const concludeRestore = new ConcludeRestore(parts);
  const runRestore = new RunRestore({ ...parts, steps, conclude: concludeRestore, stallTimeoutMs, maxConcurrentDumps });
  const restoreRunner = new WorkRunner<Restore>({
    ...parts,
    ...{ maxConcurrent, onLeft },
    kind: {
      name: 'restore',
      run: (restore, stop) => runRestore.run(restore, stop),
      renewLeases: (ids, lease) => catalog.transaction(({ restores }) => restores.renewLeases(ids, lease)),
      shuttingDown: restoreInterrupted,
    },
  });

  const places = new ProofPlaces({ ...parts, scratchUrls });
  const runVerification = new RunVerification({ ...parts, steps, places, stallTimeoutMs });
  const verificationRunner = new WorkRunner<VerificationWork>({
    // Made again as a whole, it is no hurry.
    ...{ clock, logger, serverId, maxConcurrent: 1, onLeft: () => undefined },
    kind: {
      name: 'verification',
      run: (work, stop) => runVerification.run(work, stop),
      renewLeases: (ids, lease) => catalog.transaction(({ verifications }) => verifications.renewLeases(ids, lease)),
      shuttingDown: () => new Error('The server was shut down; the verification is made again.'),
    },
  });
  const verifyBackup = new VerifyBackup({ ...parts, places, runner: verificationRunner });
  const deleteBackups = new DeleteBackups(parts);

  const recoverBackups = new RecoverBackups({ ...parts, runner: backupRunner, conclude });
  const recoverRestores = new RecoverRestores({ ...parts, runner: restoreRunner, runRestore });
  const cleanRestores = new CleanRestores({ ...parts, steps });
  const recovery = opened.add(
    new Recovery({
      ...{ clock, logger, serverId, isExclusive: catalog.isExclusive },
      parts: [recoverBackups, recoverRestores, cleanRestores, verifyBackup, deleteBackups],
    }),
  );
  const runners = [backupRunner, restoreRunner, verificationRunner];
  return {
    ...{ backupRunner, restoreRunner, verifyBackup, deleteBackups, recovery },
    start: () => recovery.start(recoverBackups),
    drain: async (graceMs) => {
      await Promise.all([...runners, deleteBackups].map((part) => part.drain(graceMs)));
    },
  };
}

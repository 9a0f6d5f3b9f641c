/** Moves only RUNNING -> COMPLETED | FAILED. */
export enum RestoreStatus {
  RUNNING = 'RUNNING',
  COMPLETED = 'COMPLETED',
  FAILED = 'FAILED',
}

/** Where a restore's work stands. DONE holds for every restore that is no longer RUNNING. */
export enum RestorePhase {
  QUEUED = 'QUEUED',
  /** The artifacts are read and checked; nothing has been applied yet. */
  CHECKING = 'CHECKING',
  /** The dumps are loaded beside what is there. */
  LOADING = 'LOADING',
  /** What was loaded gets its names: from here on the restore is finished, whatever happens. */
  SWAPPING = 'SWAPPING',
  /** What could not get its name is taken back. */
  UNDOING = 'UNDOING',
  DONE = 'DONE',
}

/** What restores can be listed by. */
export enum RestoreOrderField {
  STARTED_AT = 'STARTED_AT',
}

/** Why a restore FAILED. */
export enum RestoreFailureCode {
  ENGINE_UNREACHABLE = 'ENGINE_UNREACHABLE',
  RESTORE_FAILED = 'RESTORE_FAILED',
  TARGET_EXISTS = 'TARGET_EXISTS',
  STORAGE_UNAVAILABLE = 'STORAGE_UNAVAILABLE',
  STORAGE_FULL = 'STORAGE_FULL',
  CHECKSUM_MISMATCH = 'CHECKSUM_MISMATCH',
  STALLED = 'STALLED',
  INTERRUPTED = 'INTERRUPTED',
}

/** Why a restore fails. */
export interface RestoreFailureCause {
  readonly code: RestoreFailureCode;
  /** A sentence for the operator: what happened and what to do. Holds no secret. */
  readonly message: string;
}

export interface RestoreFailure extends RestoreFailureCause {
  readonly occurredAt: Date;
}

/** One database of a restore. */
export interface RestoreDatabase {
  /** Its name in the backup. */
  readonly name: string;
  /** Its name on the target. */
  readonly restoreAs: string;
}

/** A backup's databases on their way into an instance. */
export interface Restore {
  readonly id: string;
  readonly status: RestoreStatus;
  readonly project: string;
  readonly backupId: string;
  /** Stays when the backup is deleted. */
  readonly backupName: string;
  readonly targetInstanceId: string;
  /** Stays when the instance is deleted. */
  readonly targetInstanceName: string;
  readonly databases: readonly RestoreDatabase[];
  /** Whether databases that are there may be replaced. */
  readonly overwrite: boolean;
  readonly phase: RestorePhase;
  /** Bytes of the dumps: checking and loading a byte each count for a half of it. Never falls. */
  readonly bytesDone: number;
  readonly bytesTotal: number;
  readonly failure: RestoreFailure | null;
  readonly startedAt: Date;
  /** When it ended, well or not; null while RUNNING. */
  readonly completedAt: Date | null;
}

/** Whole per cent from 0 to 100: 100 only when COMPLETED. */
export function toRestorePercent({ status, bytesDone, bytesTotal }: Restore): number {
  if (status === RestoreStatus.COMPLETED) return 100;
  return bytesTotal === 0 ? 0 : Math.min(99, Math.floor((bytesDone / bytesTotal) * 100));
}

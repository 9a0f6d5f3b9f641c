import type { Engine } from './instance.js';

/** Moves only BUILDING -> COMPLETED | FAILED; COMPLETED | FAILED -> DELETING -> gone. */
export enum BackupStatus {
  BUILDING = 'BUILDING',
  COMPLETED = 'COMPLETED',
  FAILED = 'FAILED',
  DELETING = 'DELETING',
}

export enum BackupType {
  MANUAL = 'MANUAL',
  AUTOMATED = 'AUTOMATED',
}

/** Where a backup's work stands. DONE holds for every backup that is no longer BUILDING. */
export enum BackupPhase {
  QUEUED = 'QUEUED',
  COPYING = 'COPYING',
  VERIFYING = 'VERIFYING',
  DONE = 'DONE',
}

/** What backups can be listed by. */
export enum BackupOrderField {
  STARTED_AT = 'STARTED_AT',
  NAME = 'NAME',
}

/** Why a backup FAILED. What fails after `createBackup` has answered is state, not an error. */
export enum BackupFailureCode {
  ENGINE_UNREACHABLE = 'ENGINE_UNREACHABLE',
  DUMP_FAILED = 'DUMP_FAILED',
  STORAGE_UNAVAILABLE = 'STORAGE_UNAVAILABLE',
  STORAGE_FULL = 'STORAGE_FULL',
  CHECKSUM_MISMATCH = 'CHECKSUM_MISMATCH',
  STALLED = 'STALLED',
  CANCELLED = 'CANCELLED',
  INTERRUPTED = 'INTERRUPTED',
}

export interface BackupFailure {
  readonly code: BackupFailureCode;
  /** A sentence for the operator: what happened and what to do. Holds no secret. */
  readonly message: string;
  readonly occurredAt: Date;
}

export interface BackupProgress {
  readonly phase: BackupPhase;
  /**
   * The share of the work that is done, in source bytes: copying, storing and verifying a byte each count for a part of
   * it. Never falls.
   */
  readonly bytesDone: number;
  /** Source bytes in all; null until the instance has been asked for its databases. An estimate for some engines. */
  readonly bytesTotal: number | null;
}

/** How an artifact's bytes are laid out once decompressed. Names the file's ending, too. */
export type ArtifactFormat = 'sqlite' | 'pgdump' | 'sql' | 'bak';

/** The stored bytes of one database. */
export interface Artifact {
  readonly database: string;
  readonly system: boolean;
  /** File name inside the backup's folder. */
  readonly path: string;
  readonly format: ArtifactFormat;
  readonly compression: 'zstd' | 'none';
  readonly encryption: null | 'age';
  readonly originalBytes: number;
  readonly storedBytes: number;
  /** Lower-case hex of the stored bytes. */
  readonly sha256: string;
}

/** A table and how many rows it had in the state that was dumped; null when they could not be counted. */
export interface TableRows {
  /** Unique in its database; with its schema where the product has schemas. */
  readonly name: string;
  readonly rows: number | null;
}

/** What a dump holds, as recorded when it was taken: a restore is compared with it. */
export interface DumpContents {
  /** In the order of their names. */
  readonly tables: readonly TableRows[];
  /** What belongs to the database as a whole and is not in the dump itself; only its engine knows how to read it. */
  readonly attributes: Readonly<Record<string, unknown>> | null;
}

/** A database that a backup holds or is to hold; `artifact` is null until its bytes are stored and verified. */
export interface BackupDatabase {
  readonly name: string;
  readonly system: boolean;
  readonly artifact: Artifact | null;
}

export interface Backup {
  readonly id: string;
  /** Unique in its project among backups that have not FAILED, case-sensitive. */
  readonly name: string;
  readonly description: string | null;
  readonly type: BackupType;
  readonly status: BackupStatus;
  readonly project: string;
  readonly region: string;
  /** Stays when the instance is deleted: manual backups outlive their instance. */
  readonly instanceId: string;
  readonly instanceName: string;
  readonly engine: Engine;
  readonly engineVersion: string;
  readonly includeSystemDatabases: boolean;
  readonly progress: BackupProgress;
  /** Bytes before compression, all databases; null until COMPLETED. */
  readonly sizeBytes: number | null;
  /** Bytes in the store, all databases; null until COMPLETED. */
  readonly storedBytes: number | null;
  readonly startedAt: Date;
  /** When it ended, well or not; null while BUILDING. */
  readonly completedAt: Date | null;
  readonly failure: BackupFailure | null;
  /** When the stored bytes last passed a verification; null until the first. */
  readonly verifiedAt: Date | null;
}

/** The right to work on a BUILDING backup. Whoever's lease has run out has lost the backup. */
export interface Lease {
  /** Server that holds it. */
  readonly owner: string;
  readonly expiresAt: Date;
}

/** Whole per cent from 0 to 100: 100 only when COMPLETED; null until the total is known. */
export function toPercent(backup: Backup): number | null {
  if (backup.status === BackupStatus.COMPLETED || backup.status === BackupStatus.DELETING) return 100;
  const { bytesDone, bytesTotal } = backup.progress;
  if (bytesTotal === null) return null;
  if (bytesTotal === 0) return 99;
  return Math.min(99, Math.floor((bytesDone / bytesTotal) * 100));
}

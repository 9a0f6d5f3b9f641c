import type { Page, PageRequest } from '../domain/page.js';
import type { Lease } from '../domain/backup.js';
import type {
  Restore,
  RestoreFailure,
  RestoreFailureCause,
  RestoreOrderField,
  RestorePhase,
  RestoreStatus,
} from '../domain/restore.js';

export interface RestoreFilter {
  readonly project?: string | undefined;
  readonly backupId?: string | undefined;
  readonly targetInstanceId?: string | undefined;
  readonly status?: RestoreStatus | undefined;
}

export type RestorePageRequest = PageRequest<RestoreFilter, RestoreOrderField>;

/** An unfinished restore whose lease is looked at. */
export interface LeasedRestore {
  readonly restore: Restore;
  readonly lease: Lease;
}

/** A restore that was taken over from another. */
export interface TakenRestore {
  /** As it is now that nobody else can change it. */
  readonly restore: Restore;
  /** Why it is being undone; null unless it is. */
  readonly cause: RestoreFailureCause | null;
}

export interface RestoreReader {
  find(id: string): Promise<Restore | null>;
  /** In the order of the ids; null where there is none. One statement. */
  findMany(ids: readonly string[]): Promise<readonly (Restore | null)[]>;
  /** The RUNNING restore to each instance; null where there is none. One statement. */
  findActive(instanceIds: readonly string[]): Promise<readonly (Restore | null)[]>;
  /** The RUNNING restores of a backup. */
  findOfBackup(backupId: string): Promise<readonly Restore[]>;
  /** One statement. @throws DomainError BAD_USER_INPUT on a cursor that is not one of this order. */
  list(request: RestorePageRequest): Promise<Page<Restore>>;
  count(filter: RestoreFilter): Promise<number>;
  /** Every RUNNING restore with its lease, oldest first. */
  listRunning(): Promise<readonly LeasedRestore[]>;
  /** Restores that have ended, and may have left something beside the databases of their target. */
  listUncleaned(): Promise<readonly Restore[]>;
}

export interface EndedRestore {
  readonly completedAt: Date;
  /** Null = COMPLETED. */
  readonly failure: RestoreFailure | null;
  /** Whether nothing of it is left beside the target's databases. */
  readonly isCleaned: boolean;
}

export interface RestoreProgress {
  readonly phase: RestorePhase;
  /** Stays as it is without it. */
  readonly bytesDone?: number;
}

export interface RestoreWriter extends RestoreReader {
  /** @throws UniqueViolationError running-restore */
  insert(restore: Restore, lease: Lease): Promise<void>;
  /** Progress of a restore that `owner` still holds. False when it does not: the worker has lost it and must stop. */
  setProgress(restoreId: string, owner: string, progress: RestoreProgress): Promise<boolean>;
  /** Extends the lease of those that `owner` still holds. */
  renewLeases(restoreIds: readonly string[], lease: Lease): Promise<void>;
  /** Takes a restore over from the holder of a lease that was read earlier. Null when that lease has changed since. */
  takeOver(restoreId: string, from: Lease, to: Lease): Promise<TakenRestore | null>;
  /** Decides that a restore is to be undone and to fail. False when `owner` has lost it. */
  beginUndo(restoreId: string, owner: string, cause: RestoreFailureCause): Promise<boolean>;
  /** RUNNING -> COMPLETED | FAILED by compare-and-set. False when it was not RUNNING, or `owner` has lost it. */
  end(restoreId: string, owner: string, result: EndedRestore): Promise<boolean>;
  /** Nothing of a restore that has ended is left on its target, or nobody can look any more. */
  markCleaned(restoreId: string): Promise<void>;
}

import type {
  Artifact,
  Backup,
  BackupDatabase,
  BackupFailure,
  BackupOrderField,
  BackupProgress,
  BackupStatus,
  BackupType,
  Lease,
} from '../domain/backup.js';
import type {
  Engine,
  Instance,
  InstanceOrderField,
  InstanceRole,
  InstanceStatus,
  StatusChange,
} from '../domain/instance.js';
import type { Page, PageRequest } from '../domain/page.js';
import type { AuditReader, AuditWriter } from './audit-log.js';
import type { BackupPolicyReader, BackupPolicyWriter } from './backup-policies.js';
import type { LocationReader } from './locations.js';
import type { RestoreReader, RestoreWriter } from './restores.js';
import type { ScheduleReader, ScheduleWriter } from './schedules.js';
import type { VerificationReader, VerificationWriter } from './verifications.js';

/**
 * The catalog holds what is true: instances, backups and the log of status changes. Everything that a process keeps
 * in memory is a copy or a wake-up.
 *
 * - Readers see committed state only, and never wait for a writer.
 * - `transaction` is the only way to write. The work sees its own writes; it is rolled back as a whole when it throws,
 *   and what it threw is thrown again. Transactions of one process may be queued behind each other, so the work must
 *   touch nothing but the catalog: no engine, no store, no network.
 * - A transaction that resolved is on disk.
 * - A write that would break a uniqueness rule throws `UniqueViolationError` and spoils its transaction.
 */
export interface Catalog extends AsyncDisposable {
  readonly instances: InstanceReader;
  readonly backups: BackupReader;
  readonly restores: RestoreReader;
  readonly verifications: VerificationReader;
  readonly backupPolicies: BackupPolicyReader;
  readonly schedules: ScheduleReader;
  readonly locations: LocationReader;
  readonly auditLog: AuditReader;
  readonly statusChanges: StatusChangeReader;
  /** Whether no other process can be using this catalog: then a lease of another owner belongs to a dead process. */
  readonly isExclusive: boolean;
  transaction<T>(work: (writers: CatalogWriters) => Promise<T>): Promise<T>;
  /** Resolves when the catalog answers a query. */
  ping(): Promise<void>;
}

export interface CatalogWriters {
  readonly instances: InstanceWriter;
  readonly backups: BackupWriter;
  readonly restores: RestoreWriter;
  readonly verifications: VerificationWriter;
  readonly backupPolicies: BackupPolicyWriter;
  readonly schedules: ScheduleWriter;
  readonly auditLog: AuditWriter;
}

/** The uniqueness rules that the catalog itself enforces. */
export type UniqueKey = 'instance-name' | 'backup-name' | 'building-backup' | 'running-restore';

export class UniqueViolationError extends Error {
  override readonly name = 'UniqueViolationError';
  readonly key: UniqueKey;

  constructor(key: UniqueKey, options?: ErrorOptions) {
    super(`the catalog already holds this ${key}`, options);
    this.key = key;
  }
}

export interface InstanceFilter {
  readonly project?: string | undefined;
  readonly region?: string | undefined;
  readonly engine?: Engine | undefined;
  readonly status?: InstanceStatus | undefined;
  readonly role?: InstanceRole | undefined;
  /** Matches anywhere in the name, whatever the case. */
  readonly nameContains?: string | undefined;
}

export type InstancePageRequest = PageRequest<InstanceFilter, InstanceOrderField>;

export interface InstanceReader {
  find(id: string): Promise<Instance | null>;
  /** In the order of the ids; null where there is none. One statement. */
  findMany(ids: readonly string[]): Promise<readonly (Instance | null)[]>;
  findByName(project: string, name: string): Promise<Instance | null>;
  /** The sealed connection URLs, in the order of the ids; null where there is no instance. One statement. */
  findSealedUrls(ids: readonly string[]): Promise<readonly (string | null)[]>;
  /** One statement. @throws DomainError BAD_USER_INPUT on a cursor that is not one of this order. */
  list(request: InstancePageRequest): Promise<Page<Instance>>;
  count(filter: InstanceFilter): Promise<number>;
  countByStatus(): Promise<ReadonlyMap<InstanceStatus, number>>;
  /** Instances that do nothing now and whose health is due to be checked, the longest due first. One statement. */
  listDueChecks(now: Date, limit: number): Promise<readonly DueCheck[]>;
}

/** What is kept of an instance beside what it shows. */
export interface NewInstance {
  readonly sealedUrl: string;
  /** When its health is checked first. */
  readonly checkDueAt: Date;
}

/** A health check of an instance. Whoever sets its next time has claimed it. */
export interface DueCheck {
  readonly instance: Instance;
  readonly dueAt: Date;
  /** Checks in a row that the instance has not answered. */
  readonly missedChecks: number;
}

/** What can change of an instance while it is registered. */
export type InstanceChanges = Partial<
  Pick<Instance, 'name' | 'region' | 'engineVersion' | 'role' | 'endpoint'> & { readonly sealedUrl: string }
>;

/**
 * A status transition to make. It happens only if the instance still stands at `from` (and in `role`, and unchanged since
 * `updatedAt`, if given). Where `from` and `to` are the same it is other facts that change.
 */
export interface StatusTransition {
  readonly instanceId: string;
  readonly from: InstanceStatus;
  readonly to: InstanceStatus;
  readonly role?: InstanceRole;
  readonly updatedAt?: Date;
  readonly changes?: InstanceChanges;
  /** What the event says. */
  readonly reason: string | null;
  /** What the instance says from then on; without it the reason, or nothing while it is AVAILABLE. */
  readonly statusReason?: string | null;
  readonly backupId: string | null;
  readonly at: Date;
}

/** What is to be told of an instance whose status it does not change. */
export interface InstanceNote {
  readonly instanceId: string;
  /** What the event says. */
  readonly reason: string;
  readonly at: Date;
}

export interface InstanceWriter extends InstanceReader {
  /** @throws UniqueViolationError instance-name */
  insert(instance: Instance, more: NewInstance): Promise<void>;
  /**
   * Compare-and-set of the status, together with its event: there is no way to do one without the other.
   * False, and nothing written, when the instance was not as the transition expects.
   * @throws UniqueViolationError instance-name
   */
  changeStatus(transition: StatusTransition): Promise<boolean>;
  /**
   * An instance as it is, and as it stays until the transaction ends. Null when there is none. Whoever changes its policy and
   * writes an event of it holds it first: else two transactions could wait for each other.
   */
  hold(instanceId: string): Promise<Instance | null>;
  /**
   * Appends an event with the status as it is, and holds the instance, so that the status is that until the event is there.
   * False, and nothing written, when it is gone.
   */
  note(note: InstanceNote): Promise<boolean>;
  /** Sets the next check of an instance, if nobody else has claimed the one that is due, and the instance does nothing. */
  claimCheck(check: DueCheck, nextDueAt: Date): Promise<boolean>;
  /**
   * Sets how many checks in a row an AVAILABLE instance has not answered, unless it has changed since it was read: any
   * change sets that to 0, and a check from before the change must not count after it.
   */
  setMissedChecks(instance: Pick<Instance, 'id' | 'updatedAt'>, missedChecks: number): Promise<void>;
  /** Removes an instance in which no operation runs, and its status changes. False when one runs, or it is gone. */
  remove(instanceId: string): Promise<boolean>;
}

export interface BackupFilter {
  readonly project?: string | undefined;
  readonly region?: string | undefined;
  readonly instanceId?: string | undefined;
  readonly type?: BackupType | undefined;
  readonly status?: BackupStatus | undefined;
  readonly engine?: Engine | undefined;
  /** Matches anywhere in the name, whatever the case. */
  readonly nameContains?: string | undefined;
  /** Inclusive. */
  readonly startedAfter?: Date | undefined;
  /** Exclusive. */
  readonly startedBefore?: Date | undefined;
}

export type BackupPageRequest = PageRequest<BackupFilter, BackupOrderField>;

/** An unfinished backup whose lease is looked at. */
export interface LeasedBackup {
  readonly backup: Backup;
  readonly lease: Lease;
  /** Whether its end is decided: its files are being removed, so it can only become FAILED. */
  readonly isCondemned: boolean;
}

export interface BackupReader {
  find(id: string): Promise<Backup | null>;
  /** In the order of the ids; null where there is none. One statement. */
  findMany(ids: readonly string[]): Promise<readonly (Backup | null)[]>;
  /** The backup that holds this name, i.e. that has not FAILED and is not being deleted. */
  findByName(project: string, name: string): Promise<Backup | null>;
  /** The BUILDING backup of each instance; null where there is none. One statement. */
  findActive(instanceIds: readonly string[]): Promise<readonly (Backup | null)[]>;
  /** The databases of each backup, user databases first, in the order of their names. One statement. */
  findDatabases(backupIds: readonly string[]): Promise<readonly (readonly BackupDatabase[])[]>;
  /** One statement. @throws DomainError BAD_USER_INPUT on a cursor that is not one of this order. */
  list(request: BackupPageRequest): Promise<Page<Backup>>;
  /** The same page of each instance, in the order of the ids. One statement, however many instances. */
  listByInstance(instanceIds: readonly string[], request: BackupPageRequest): Promise<readonly Page<Backup>[]>;
  count(filter: BackupFilter): Promise<number>;
  /** One statement, however many instances. */
  countByInstance(instanceIds: readonly string[], filter: BackupFilter): Promise<readonly number[]>;
  countByStatus(): Promise<ReadonlyMap<BackupStatus, number>>;
  /** Every BUILDING backup with its lease, oldest first. */
  listBuilding(): Promise<readonly LeasedBackup[]>;
  /** Which of these are BUILDING and cancelled; they are condemned, too. */
  findCancelled(backupIds: readonly string[]): Promise<readonly string[]>;
  /** FAILED backups whose files could not be removed yet. */
  listUncleaned(): Promise<readonly Backup[]>;
  /** The AUTOMATED backups of an instance, newest first, whatever their status. */
  listAutomated(instanceId: string): Promise<readonly Backup[]>;
  /** Backups that are DELETING. */
  listDeleting(): Promise<readonly Backup[]>;
}

export interface CompletedBackup {
  readonly artifacts: readonly Artifact[];
  readonly completedAt: Date;
}

export interface FailedBackup {
  readonly failure: BackupFailure;
  /** Whether its files are gone from the store. */
  readonly isCleaned: boolean;
}

export interface BackupWriter extends BackupReader {
  /** @throws UniqueViolationError backup-name, building-backup */
  insert(backup: Backup, lease: Lease): Promise<void>;
  /** Sets the databases that the backup is to hold, in place of those set before. */
  setDatabases(backupId: string, databases: readonly { name: string; system: boolean }[]): Promise<void>;
  /** Progress of a backup that `owner` still holds. False when it does not: the worker has lost the backup and must stop. */
  setProgress(backupId: string, owner: string, progress: BackupProgress): Promise<boolean>;
  /** Extends the lease of those of the backups that `owner` still holds. Returns how many they were. */
  renewLeases(backupIds: readonly string[], lease: Lease): Promise<number>;
  /** Takes a backup over from the holder of a lease that was read earlier. False when that lease has changed since. */
  takeOver(backupId: string, from: Lease, to: Lease): Promise<boolean>;
  /** Decides that the backup is to fail, before its files are touched. False when `owner` has lost it, or it has ended. */
  condemn(backupId: string, owner: string): Promise<boolean>;
  /** Condemns a backup, whoever holds it, because a user wants that. False when it has ended, or its end is decided. */
  cancel(backupId: string): Promise<boolean>;
  /** BUILDING -> COMPLETED by compare-and-set. False when it was not BUILDING, is condemned, or `owner` has lost it. */
  complete(backupId: string, owner: string, result: CompletedBackup): Promise<boolean>;
  /** BUILDING -> FAILED by compare-and-set. False when it was not BUILDING, or `owner` has lost it. */
  fail(backupId: string, owner: string, result: FailedBackup): Promise<boolean>;
  /** The files of a FAILED backup are gone. */
  markCleaned(backupId: string): Promise<void>;
  /** Adds a COMPLETED backup that was found in the store. @throws UniqueViolationError backup-name */
  insertFound(backup: Backup, artifacts: readonly Artifact[]): Promise<void>;
  /**
   * Whether a backup is COMPLETED; it stays so until the transaction ends. Whoever begins to use a backup holds it, so that
   * nobody begins to delete it at the same moment.
   */
  hold(backupId: string): Promise<boolean>;
  /** COMPLETED | FAILED -> DELETING by compare-and-set. False when it was neither. */
  beginDelete(backupId: string): Promise<boolean>;
  /** Removes a backup that is DELETING, its files gone. False when it was not. */
  remove(backupId: string): Promise<boolean>;
}

export interface StatusChangeRequest {
  /** Only changes with a greater id. */
  readonly after: string;
  /** Only this instance's; null = every instance's. */
  readonly instanceId: string | null;
  readonly limit: number;
}

export interface StatusChangeReader {
  /**
   * Changes in the order of their ids. Whoever has read up to an id will never see a smaller one appear: a change
   * whose transaction is still in flight holds back those after it.
   */
  list(request: StatusChangeRequest): Promise<readonly StatusChange[]>;
  /** Id of the newest change, "0" when there is none. */
  latestId(): Promise<string>;
}

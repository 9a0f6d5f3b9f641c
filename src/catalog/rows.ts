import { BackupStatus } from '../domain/backup.js';
import type { Artifact, Backup, BackupDatabase, BackupFailure, Lease } from '../domain/backup.js';
import type { AuditEvent, NewAuditEvent } from '../domain/audit.js';
import type { Instance, StatusChange } from '../domain/instance.js';
import { RestoreStatus } from '../domain/restore.js';
import type { Restore, RestoreDatabase } from '../domain/restore.js';
import type { Verification } from '../domain/verification.js';
import type { NewInstance } from './catalog.js';
import { withoutNul } from './keyset.js';
import type {
  AuditEventRow,
  BackupDatabaseRow,
  BackupRow,
  InstanceRow,
  RestoreRow,
  StatusChangeRow,
  VerificationRow,
} from './schemas.js';

/** The audit log only grows: nobody is to fill it with one call. */
const MAX_AUDIT_TEXT_LENGTH = 10_000;

export function toInstance(row: InstanceRow): Instance {
  const { id, name, project, region, engine, engineVersion, role, status, statusReason, endpoint } = row;
  const [createdAt, updatedAt] = [new Date(row.createdAt), new Date(row.updatedAt)];
  return {
    id,
    name,
    project,
    region,
    engine,
    engineVersion,
    role,
    status,
    statusReason,
    endpoint,
    createdAt,
    updatedAt,
  };
}

export function toInstanceRow(instance: Instance, { sealedUrl, checkDueAt }: NewInstance): InstanceRow {
  return {
    ...instance,
    sealedUrl,
    checkDueAt: checkDueAt.getTime(),
    missedChecks: 0,
    createdAt: instance.createdAt.getTime(),
    updatedAt: instance.updatedAt.getTime(),
  };
}

export function toBackup(row: BackupRow): Backup {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    type: row.type,
    status: row.status,
    project: row.project,
    region: row.region,
    instanceId: row.instanceId,
    instanceName: row.instanceName,
    engine: row.engine,
    engineVersion: row.engineVersion,
    includeSystemDatabases: row.includeSystem,
    progress: { phase: row.phase, bytesDone: row.bytesDone, bytesTotal: row.bytesTotal },
    sizeBytes: row.sizeBytes,
    storedBytes: row.storedBytes,
    startedAt: new Date(row.startedAt),
    completedAt: toDate(row.completedAt),
    failure: toFailure(row),
    verifiedAt: toDate(row.verifiedAt),
  };
}

export function toBackupRow(backup: Backup, lease: Lease): BackupRow {
  return {
    id: backup.id,
    name: backup.name,
    description: backup.description,
    type: backup.type,
    status: backup.status,
    project: backup.project,
    region: backup.region,
    instanceId: backup.instanceId,
    instanceName: backup.instanceName,
    engine: backup.engine,
    engineVersion: backup.engineVersion,
    includeSystem: backup.includeSystemDatabases,
    ...backup.progress,
    sizeBytes: backup.sizeBytes,
    storedBytes: backup.storedBytes,
    startedAt: backup.startedAt.getTime(),
    completedAt: backup.completedAt?.getTime() ?? null,
    verifiedAt: backup.verifiedAt?.getTime() ?? null,
    failureCode: backup.failure?.code ?? null,
    failureMessage: backup.failure?.message ?? null,
    isCondemned: backup.status === BackupStatus.FAILED,
    isCancelled: false,
    isCleaned: backup.status !== BackupStatus.FAILED,
    leaseOwner: lease.owner,
    leaseExpiresAt: lease.expiresAt.getTime(),
  };
}

export function toLease(row: Pick<BackupRow, 'leaseOwner' | 'leaseExpiresAt'>): Lease {
  return { owner: row.leaseOwner, expiresAt: new Date(row.leaseExpiresAt) };
}

export function toBackupDatabase(row: BackupDatabaseRow): BackupDatabase {
  return { name: row.name, system: row.system, artifact: toArtifact(row) };
}

export function toStatusChange(row: StatusChangeRow): StatusChange {
  return { ...row, id: String(row.id), occurredAt: new Date(row.occurredAt) };
}

export function toRestore(row: RestoreRow): Restore {
  const { failureCode, failureMessage, completedAt, databases, startedAt } = row;
  const ended = toDate(completedAt);
  return {
    id: row.id,
    status: row.status,
    project: row.project,
    backupId: row.backupId,
    backupName: row.backupName,
    targetInstanceId: row.targetInstanceId,
    targetInstanceName: row.targetInstanceName,
    databases: JSON.parse(databases) as readonly RestoreDatabase[],
    overwrite: row.overwrite,
    phase: row.phase,
    bytesDone: row.bytesDone,
    bytesTotal: row.bytesTotal,
    failure:
      failureCode === null || ended === null
        ? null
        : { code: failureCode, message: failureMessage ?? '', occurredAt: ended },
    startedAt: new Date(startedAt),
    completedAt: ended,
  };
}

export function toRestoreRow({ failure, ...restore }: Restore, lease: Lease): RestoreRow {
  return {
    ...restore,
    databases: JSON.stringify(restore.databases),
    failureCode: failure?.code ?? null,
    failureMessage: failure?.message ?? null,
    startedAt: restore.startedAt.getTime(),
    completedAt: restore.completedAt?.getTime() ?? null,
    isCleaned: restore.status === RestoreStatus.COMPLETED,
    leaseOwner: lease.owner,
    leaseExpiresAt: lease.expiresAt.getTime(),
  };
}

export function toVerification(row: VerificationRow): Verification {
  const { backupId, level, status, details } = row;
  const [startedAt, verifiedAt] = [new Date(row.startedAt), toDate(row.verifiedAt)];
  return { backupId, level, status, startedAt, verifiedAt, details };
}

export function toAuditEvent(row: AuditEventRow): AuditEvent {
  return { ...row, id: String(row.id), occurredAt: new Date(row.occurredAt) };
}

export function toAuditRow(event: NewAuditEvent): Omit<AuditEventRow, 'id'> {
  return {
    occurredAt: event.occurredAt.getTime(),
    caller: event.caller,
    requestId: event.requestId ?? null,
    action: event.action,
    outcome: event.outcome,
    code: event.code ?? null,
    instanceId: toAuditText(event.instanceId),
    backupId: toAuditText(event.backupId),
    restoreId: toAuditText(event.restoreId),
    details: toAuditText(event.details),
  };
}

/** What callers have made up is written down, too: as much of it as tells what it was. */
function toAuditText(text: string | null | undefined): string | null {
  return text == null ? null : withoutNul(text.slice(0, MAX_AUDIT_TEXT_LENGTH));
}

function toArtifact(row: BackupDatabaseRow): Artifact | null {
  const { path, format, compression, originalBytes, storedBytes, sha256 } = row;
  if (path === null || format === null || compression === null) return null;
  if (originalBytes === null || storedBytes === null || sha256 === null) return null;
  const { name: database, system, encryption } = row;
  return { database, system, path, format, compression, encryption, originalBytes, storedBytes, sha256 };
}

function toFailure(row: BackupRow): BackupFailure | null {
  if (row.failureCode === null || row.completedAt === null) return null;
  return { code: row.failureCode, message: row.failureMessage ?? '', occurredAt: new Date(row.completedAt) };
}

export function toDate(milliseconds: number | null): Date | null {
  return milliseconds === null ? null : new Date(milliseconds);
}

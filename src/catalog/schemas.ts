import { EntitySchema } from 'typeorm';
import type { EntitySchemaColumnOptions } from 'typeorm';
import type { BackupFailureCode, BackupPhase, BackupStatus, BackupType, Artifact } from '../domain/backup.js';
import type { AuditAction, AuditOutcome } from '../domain/audit.js';
import type { Engine, InstanceRole, InstanceStatus } from '../domain/instance.js';
import type { RestoreFailureCode, RestorePhase, RestoreStatus } from '../domain/restore.js';
import type { VerificationLevel, VerificationStatus } from '../domain/verification.js';

/*
 * Rows as both dialects hold them. Times are milliseconds since the epoch: one representation that SQLite and
 * PostgreSQL store, compare and index alike.
 */

export interface InstanceRow {
  id: string;
  name: string;
  project: string;
  region: string;
  engine: Engine;
  engineVersion: string;
  role: InstanceRole;
  status: InstanceStatus;
  statusReason: string | null;
  endpoint: string;
  /** Read only where a connection is to be opened. */
  sealedUrl?: string;
  createdAt: number;
  updatedAt: number;
  /** Read only by whoever looks after the instances' health, as the next one. */
  checkDueAt?: number;
  missedChecks?: number;
}

export interface BackupRow {
  id: string;
  name: string;
  description: string | null;
  type: BackupType;
  status: BackupStatus;
  project: string;
  region: string;
  instanceId: string;
  instanceName: string;
  engine: Engine;
  engineVersion: string;
  includeSystem: boolean;
  phase: BackupPhase;
  bytesDone: number;
  bytesTotal: number | null;
  sizeBytes: number | null;
  storedBytes: number | null;
  startedAt: number;
  completedAt: number | null;
  verifiedAt: number | null;
  failureCode: BackupFailureCode | null;
  failureMessage: string | null;
  isCondemned: boolean;
  isCancelled: boolean;
  isCleaned: boolean;
  leaseOwner: string;
  leaseExpiresAt: number;
}

export interface BackupDatabaseRow {
  backupId: string;
  name: string;
  system: boolean;
  path: string | null;
  format: Artifact['format'] | null;
  compression: Artifact['compression'] | null;
  encryption: Artifact['encryption'];
  originalBytes: number | null;
  storedBytes: number | null;
  sha256: string | null;
}

export interface StatusChangeRow {
  id: number;
  instanceId: string;
  previousStatus: InstanceStatus;
  status: InstanceStatus;
  reason: string | null;
  backupId: string | null;
  occurredAt: number;
}

export interface RestoreRow {
  id: string;
  status: RestoreStatus;
  project: string;
  backupId: string;
  backupName: string;
  targetInstanceId: string;
  targetInstanceName: string;
  /** JSON of what is never looked for. */
  databases: string;
  overwrite: boolean;
  phase: RestorePhase;
  bytesDone: number;
  bytesTotal: number;
  failureCode: RestoreFailureCode | null;
  failureMessage: string | null;
  startedAt: number;
  completedAt: number | null;
  isCleaned: boolean;
  leaseOwner: string;
  leaseExpiresAt: number;
}

export interface VerificationRow {
  backupId: string;
  level: VerificationLevel;
  status: VerificationStatus;
  details: string | null;
  startedAt: number;
  verifiedAt: number | null;
  /** When it last passed at level RESTORE. */
  provedAt: number | null;
  leaseOwner: string;
  leaseExpiresAt: number;
}

export interface AuditEventRow {
  id: number;
  occurredAt: number;
  caller: string;
  requestId: string | null;
  action: AuditAction;
  outcome: AuditOutcome;
  code: string | null;
  instanceId: string | null;
  backupId: string | null;
  restoreId: string | null;
  details: string | null;
}

export const text = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text' });
export const nullableText = (name: string): EntitySchemaColumnOptions => ({ name, type: 'text', nullable: true });
export const flag = (name: string): EntitySchemaColumnOptions => ({ name, type: 'boolean' });

/** PostgreSQL's driver hands 64-bit integers out as text. Ours stay below 2^53: bytes, milliseconds, event ids. */
const toNumber = {
  to: (value: number | null): number | null => value,
  from: (value: string | number | null): number | null => (value === null ? null : Number(value)),
};
export const integer = (name: string): EntitySchemaColumnOptions => ({ name, type: 'bigint', transformer: toNumber });
export const nullableInteger = (name: string): EntitySchemaColumnOptions => ({ ...integer(name), nullable: true });

export const InstanceSchema = new EntitySchema<InstanceRow>({
  name: 'instance',
  tableName: 'instances',
  columns: {
    id: { ...text('id'), primary: true },
    name: text('name'),
    project: text('project'),
    region: text('region'),
    engine: text('engine'),
    engineVersion: text('engine_version'),
    role: text('role'),
    status: text('status'),
    statusReason: nullableText('status_reason'),
    endpoint: text('endpoint'),
    sealedUrl: { ...text('sealed_url'), select: false },
    createdAt: integer('created_at'),
    updatedAt: integer('updated_at'),
    checkDueAt: { ...integer('check_due_at'), select: false },
    missedChecks: { name: 'missed_checks', type: 'integer', select: false },
  },
});

export const BackupSchema = new EntitySchema<BackupRow>({
  name: 'backup',
  tableName: 'backups',
  columns: {
    id: { ...text('id'), primary: true },
    name: text('name'),
    description: nullableText('description'),
    type: text('type'),
    status: text('status'),
    project: text('project'),
    region: text('region'),
    instanceId: text('instance_id'),
    instanceName: text('instance_name'),
    engine: text('engine'),
    engineVersion: text('engine_version'),
    includeSystem: flag('include_system'),
    phase: text('phase'),
    bytesDone: integer('bytes_done'),
    bytesTotal: nullableInteger('bytes_total'),
    sizeBytes: nullableInteger('size_bytes'),
    storedBytes: nullableInteger('stored_bytes'),
    startedAt: integer('started_at'),
    completedAt: nullableInteger('completed_at'),
    verifiedAt: nullableInteger('verified_at'),
    failureCode: nullableText('failure_code'),
    failureMessage: nullableText('failure_message'),
    isCondemned: flag('is_condemned'),
    isCancelled: flag('is_cancelled'),
    isCleaned: flag('is_cleaned'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: integer('lease_expires_at'),
  },
});

export const BackupDatabaseSchema = new EntitySchema<BackupDatabaseRow>({
  name: 'backup_database',
  tableName: 'backup_databases',
  columns: {
    backupId: { ...text('backup_id'), primary: true },
    system: { ...flag('system'), primary: true },
    name: { ...text('name'), primary: true },
    path: nullableText('path'),
    format: nullableText('format'),
    compression: nullableText('compression'),
    encryption: nullableText('encryption'),
    originalBytes: nullableInteger('original_bytes'),
    storedBytes: nullableInteger('stored_bytes'),
    sha256: nullableText('sha256'),
  },
});

export const StatusChangeSchema = new EntitySchema<StatusChangeRow>({
  name: 'status_change',
  tableName: 'status_changes',
  columns: {
    id: { ...integer('id'), primary: true, generated: 'increment' },
    instanceId: text('instance_id'),
    previousStatus: text('previous_status'),
    status: text('status'),
    reason: nullableText('reason'),
    backupId: nullableText('backup_id'),
    occurredAt: integer('occurred_at'),
  },
});

export const RestoreSchema = new EntitySchema<RestoreRow>({
  name: 'restore',
  tableName: 'restores',
  columns: {
    id: { ...text('id'), primary: true },
    status: text('status'),
    project: text('project'),
    backupId: text('backup_id'),
    backupName: text('backup_name'),
    targetInstanceId: text('target_instance_id'),
    targetInstanceName: text('target_instance_name'),
    databases: text('databases'),
    overwrite: flag('overwrite'),
    phase: text('phase'),
    bytesDone: integer('bytes_done'),
    bytesTotal: integer('bytes_total'),
    failureCode: nullableText('failure_code'),
    failureMessage: nullableText('failure_message'),
    startedAt: integer('started_at'),
    completedAt: nullableInteger('completed_at'),
    isCleaned: flag('is_cleaned'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: integer('lease_expires_at'),
  },
});

export const VerificationSchema = new EntitySchema<VerificationRow>({
  name: 'verification',
  tableName: 'verifications',
  columns: {
    backupId: { ...text('backup_id'), primary: true },
    level: text('level'),
    status: text('status'),
    details: nullableText('details'),
    startedAt: integer('started_at'),
    verifiedAt: nullableInteger('verified_at'),
    provedAt: nullableInteger('proved_at'),
    leaseOwner: text('lease_owner'),
    leaseExpiresAt: integer('lease_expires_at'),
  },
});

export const AuditEventSchema = new EntitySchema<AuditEventRow>({
  name: 'audit_event',
  tableName: 'audit_events',
  columns: {
    id: { ...integer('id'), primary: true, generated: 'increment' },
    occurredAt: integer('occurred_at'),
    caller: text('caller'),
    requestId: nullableText('request_id'),
    action: text('action'),
    outcome: text('outcome'),
    code: nullableText('code'),
    instanceId: nullableText('instance_id'),
    backupId: nullableText('backup_id'),
    restoreId: nullableText('restore_id'),
    details: nullableText('details'),
  },
});

export const SCHEMAS = [
  RestoreSchema,
  VerificationSchema,
  AuditEventSchema,
  InstanceSchema,
  BackupSchema,
  BackupDatabaseSchema,
  StatusChangeSchema,
];

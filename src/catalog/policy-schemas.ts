import { EntitySchema } from 'typeorm';
import { flag, integer, nullableInteger, nullableText, text } from './schemas.js';

export interface BackupPolicyRow {
  instanceId: string;
  enabled: boolean;
  keepDays: number;
  startTime: string;
  /** Separated by commas: they are never looked for. */
  weekdays: string;
  windowAt: number | null;
  dueAt: number | null;
  refusal: string | null;
  lastBackupAt: number | null;
  lastMissedAt: number | null;
  lastMissedReason: string | null;
  updatedAt: number;
  revision: number;
}

export interface ScheduleRow {
  name: string;
  lastOccurrence: number;
}

export interface ProofTryRow {
  backupId: string;
  triedAt: number;
}

export const BackupPolicySchema = new EntitySchema<BackupPolicyRow>({
  name: 'backup_policy',
  tableName: 'backup_policies',
  columns: {
    instanceId: { ...text('instance_id'), primary: true },
    enabled: flag('enabled'),
    keepDays: { name: 'keep_days', type: 'integer' },
    startTime: text('start_time'),
    weekdays: text('weekdays'),
    windowAt: nullableInteger('window_at'),
    dueAt: nullableInteger('due_at'),
    refusal: nullableText('refusal'),
    lastBackupAt: nullableInteger('last_backup_at'),
    lastMissedAt: nullableInteger('last_missed_at'),
    lastMissedReason: nullableText('last_missed_reason'),
    updatedAt: integer('updated_at'),
    revision: integer('revision'),
  },
});

export const ScheduleSchema = new EntitySchema<ScheduleRow>({
  name: 'schedule',
  tableName: 'schedules',
  columns: { name: { ...text('name'), primary: true }, lastOccurrence: integer('last_occurrence') },
});

export const ProofTrySchema = new EntitySchema<ProofTryRow>({
  name: 'proof_try',
  tableName: 'proof_tries',
  columns: { backupId: { ...text('backup_id'), primary: true }, triedAt: integer('tried_at') },
});

export const POLICY_SCHEMAS = [BackupPolicySchema, ScheduleSchema, ProofTrySchema];

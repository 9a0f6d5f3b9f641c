import { WEEKDAYS } from '../domain/backup-policy.js';
import type { BackupPolicy, PlannedBackup } from '../domain/backup-policy.js';
import type { BackupPolicyRow } from './policy-schemas.js';
import { toDate } from './rows.js';

export function toBackupPolicy(row: BackupPolicyRow): BackupPolicy {
  const { instanceId, enabled, keepDays, startTime, refusal, lastMissedReason, revision } = row;
  const named = row.weekdays.split(',');
  return {
    ...{ instanceId, enabled, keepDays, startTime, refusal, lastMissedReason, revision },
    weekdays: WEEKDAYS.filter((weekday) => named.includes(weekday)),
    next: toPlan(row),
    lastBackupAt: toDate(row.lastBackupAt),
    lastMissedAt: toDate(row.lastMissedAt),
    updatedAt: new Date(row.updatedAt),
  };
}

export function toBackupPolicyRow({ next, ...policy }: BackupPolicy): BackupPolicyRow {
  return {
    ...policy,
    weekdays: policy.weekdays.join(','),
    windowAt: next?.windowStartsAt.getTime() ?? null,
    dueAt: next?.dueAt.getTime() ?? null,
    lastBackupAt: policy.lastBackupAt?.getTime() ?? null,
    lastMissedAt: policy.lastMissedAt?.getTime() ?? null,
    updatedAt: policy.updatedAt.getTime(),
  };
}

function toPlan({ windowAt, dueAt }: BackupPolicyRow): PlannedBackup | null {
  return windowAt === null || dueAt === null ? null : { windowStartsAt: new Date(windowAt), dueAt: new Date(dueAt) };
}

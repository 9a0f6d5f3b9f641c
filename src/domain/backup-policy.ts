import type { TextRule } from './naming.js';

export enum Weekday {
  MONDAY = 'MONDAY',
  TUESDAY = 'TUESDAY',
  WEDNESDAY = 'WEDNESDAY',
  THURSDAY = 'THURSDAY',
  FRIDAY = 'FRIDAY',
  SATURDAY = 'SATURDAY',
  SUNDAY = 'SUNDAY',
}

/** In the order of the week. */
export const WEEKDAYS: readonly Weekday[] = Object.values(Weekday);
export const WEEKDAYS_SENTENCE = 'The weekdays must be at least one, each named once.';

/** The cloud's own limits and default, in days. */
export const MIN_KEEP_DAYS = 1;
export const MAX_KEEP_DAYS = 732;
export const DEFAULT_KEEP_DAYS = 7;
export const KEEP_DAYS_SENTENCE = `keepDays must be a number from ${MIN_KEEP_DAYS.toString()} to ${MAX_KEEP_DAYS.toString()}.`;

export const START_TIME: TextRule = {
  pattern: /^([01]\d|2[0-3]):(00|15|30|45)$/,
  sentence: 'The start time must be a time of the day in UTC, as HH:MM, with the minutes 00, 15, 30 or 45.',
};

/** When backups are wanted: in the hour from `startTime` on each of the weekdays. Windows never overlap. */
export interface BackupWindows {
  /** "HH:MM" in UTC. */
  readonly startTime: string;
  readonly weekdays: readonly Weekday[];
}

/** The backup that a policy is to have next. */
export interface PlannedBackup {
  /** The window that it is for. */
  readonly windowStartsAt: Date;
  /** When it is tried next. */
  readonly dueAt: Date;
}

/** Automated backups of an instance: when they are taken, and for how long they are kept. */
export interface BackupPolicy extends BackupWindows {
  readonly instanceId: string;
  readonly enabled: boolean;
  readonly keepDays: number;
  /** Null while the policy is disabled. */
  readonly next: PlannedBackup | null;
  /** Why the last try for the next backup was refused; null when it was not tried yet. */
  readonly refusal: string | null;
  /** When its last backup was begun; null before the first. */
  readonly lastBackupAt: Date | null;
  /** Start of the last window that has passed without its backup; null when none has. */
  readonly lastMissedAt: Date | null;
  readonly lastMissedReason: string | null;
  /** When it was last set. */
  readonly updatedAt: Date;
  /** Grows with every change, so that nobody changes what has changed since it was read. */
  readonly revision: number;
}

import { WEEKDAYS } from './backup-policy.js';
import type { BackupPolicy, BackupWindows, PlannedBackup } from './backup-policy.js';

export const WINDOW_MS = 3_600_000;
const DAY_MS = 24 * WINDOW_MS;
const DAYS_OF_WEEK = 7;

/** Start of the first window that begins after a moment. */
export function findStartAfter(windows: BackupWindows, after: Date): Date {
  const today = startOfDay(after);
  for (let day = 0; day <= DAYS_OF_WEEK; day += 1) {
    const start = startOn(windows, today + day * DAY_MS);
    if (start !== null && start > after.getTime()) return new Date(start);
  }
  throw new Error('a policy has no weekdays');
}

/** Start of the last window that has ended by a moment. */
export function findLastOver(windows: BackupWindows, now: Date): Date {
  const latest = now.getTime() - WINDOW_MS;
  const day = startOfDay(new Date(latest));
  for (let back = 0; back <= DAYS_OF_WEEK; back += 1) {
    const start = startOn(windows, day - back * DAY_MS);
    if (start !== null && start <= latest) return new Date(start);
  }
  throw new Error('a policy has no weekdays');
}

export function isOver({ windowStartsAt }: PlannedBackup, now: Date): boolean {
  return now.getTime() >= windowStartsAt.getTime() + WINDOW_MS;
}

type Planned = Pick<BackupPolicy, 'enabled' | 'startTime' | 'weekdays' | 'lastBackupAt' | 'next'>;

/**
 * The backup that a policy is to have next: in the window that is open, if that has had none yet, else in the one that opens
 * next; at a random moment of it, or at once when that moment has passed. What is planned for that window already stays.
 * @param random from 0 to less than 1
 */
export function planNext(policy: Planned, now: Date, random: () => number): PlannedBackup | null {
  if (!policy.enabled) return null;
  const openOrNext = findStartAfter(policy, new Date(now.getTime() - WINDOW_MS));
  const isServed = policy.lastBackupAt !== null && policy.lastBackupAt >= openOrNext;
  const windowStartsAt = isServed ? findStartAfter(policy, openOrNext) : openOrNext;
  if (policy.next?.windowStartsAt.getTime() === windowStartsAt.getTime()) return policy.next;
  const moment = windowStartsAt.getTime() + Math.floor(random() * WINDOW_MS);
  return { windowStartsAt, dueAt: new Date(Math.max(moment, now.getTime())) };
}

/** A window that has passed without its backup, and why. */
export interface MissedWindow {
  readonly startsAt: Date;
  readonly reason: string;
}

/** The last window that a policy has missed since it was planned; null when it has missed none. */
export function findMissed(policy: BackupPolicy, now: Date): MissedWindow | null {
  const { next, refusal } = policy;
  if (next === null || !isOver(next, now)) return null;
  const startsAt = findLastOver(policy, now);
  const wasTried = startsAt.getTime() === next.windowStartsAt.getTime() && refusal !== null;
  return { startsAt, reason: wasTried ? refusal : 'No server was running that could have taken the backup.' };
}

function startOfDay(moment: Date): number {
  return Math.floor(moment.getTime() / DAY_MS) * DAY_MS;
}

/** Start of the window of a day; null when the day has none. */
function startOn({ startTime, weekdays }: BackupWindows, day: number): number | null {
  // The week of JavaScript begins on Sunday.
  const weekday = WEEKDAYS[(new Date(day).getUTCDay() + DAYS_OF_WEEK - 1) % DAYS_OF_WEEK];
  if (weekday === undefined || !weekdays.includes(weekday)) return null;
  const [hours = 0, minutes = 0] = startTime.split(':').map(Number);
  return day + (hours * 60 + minutes) * 60_000;
}

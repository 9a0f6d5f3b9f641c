import type { Weekday } from '../gql/graphql';

const MINUTES_A_DAY = 24 * 60;
const DAY_MS = MINUTES_A_DAY * 60_000;
const WINDOW_MINUTES = 60;
/** Windows begin at each quarter of an hour. */
const STEP_MINUTES = 15;

/** In the order of the week. */
export const WEEKDAYS: Readonly<Record<Weekday, string>> = {
  MONDAY: 'Monday',
  TUESDAY: 'Tuesday',
  WEDNESDAY: 'Wednesday',
  THURSDAY: 'Thursday',
  FRIDAY: 'Friday',
  SATURDAY: 'Saturday',
  SUNDAY: 'Sunday',
};

export const ALL_WEEKDAYS = Object.keys(WEEKDAYS) as readonly Weekday[];

/** When a window can begin, "HH:MM" in UTC. */
export const START_TIMES: readonly string[] = Array.from({ length: MINUTES_A_DAY / STEP_MINUTES }, (_, index) =>
  toClock(index * STEP_MINUTES),
);

/** As "Every day" or "Monday, Friday". */
export function formatWeekdays(weekdays: readonly Weekday[]): string {
  if (weekdays.length === ALL_WEEKDAYS.length) return 'Every day';
  return ALL_WEEKDAYS.filter((weekday) => weekdays.includes(weekday))
    .map((weekday) => WEEKDAYS[weekday])
    .join(', ');
}

/** As "02:00 to 03:00 UTC". */
export function formatWindow(startTime: string): string {
  return `${startTime} to ${toClock(toMinutes(startTime) + WINDOW_MINUTES)} UTC`;
}

/** The same in the reader's own time zone, as it is there today: as "22:00 to 23:00 on the day before". */
export function formatLocalWindow(startTime: string): string {
  const { start, end, days } = toLocal(startTime);
  return `${start} to ${end}${describeDay(days)}`;
}

/** As "22:00 on the day before". */
export function formatLocalStart(startTime: string): string {
  const { start, days } = toLocal(startTime);
  return start + describeDay(days);
}

/** As "Europe/Berlin". */
export function findTimeZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Whether the reader's clock shows UTC anyway. */
export function isLocalUtc(): boolean {
  return findTimeZone() === 'UTC';
}

/** @returns `days` that the local date is ahead of UTC's: -1, 0 or 1 */
function toLocal(startTime: string): { readonly start: string; readonly end: string; readonly days: number } {
  const at = new Date();
  at.setUTCHours(0, toMinutes(startTime), 0, 0);
  const localDay = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate());
  const utcDay = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  const minutes = at.getHours() * 60 + at.getMinutes();
  return { start: toClock(minutes), end: toClock(minutes + WINDOW_MINUTES), days: (localDay - utcDay) / DAY_MS };
}

function describeDay(days: number): string {
  if (days === 0) return '';
  return days > 0 ? ' on the next day' : ' on the day before';
}

function toMinutes(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  return hours * 60 + minutes;
}

function toClock(minutes: number): string {
  const hour = Math.floor(minutes / 60) % 24;
  return `${hour.toString().padStart(2, '0')}:${(minutes % 60).toString().padStart(2, '0')}`;
}

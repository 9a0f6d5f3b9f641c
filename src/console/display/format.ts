// Formats are dear to make: a table needs hundreds at once.
const TIME = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const BYTES = new Intl.NumberFormat('en', { style: 'unit', unit: 'byte', unitDisplay: 'long' });
/** Each unit is a thousand of the one before. */
const LARGE_SIZES = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte', 'petabyte'].map(
  (unit) => new Intl.NumberFormat('en', { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 1 }),
);

/** Decimal units, as disks are sold: 1,000 bytes are 1 kB. */
export function formatBytes(bytes: number): string {
  const exponent = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), LARGE_SIZES.length);
  return (LARGE_SIZES[exponent - 1] ?? BYTES).format(bytes / 1000 ** exponent);
}

/** A dash while it is not known, or never will be. */
export function formatKnownBytes(bytes: number | null): string {
  return bytes === null ? '–' : formatBytes(bytes);
}

/** In the reader's own time zone. */
export function formatTime(iso: string): string {
  return TIME.format(new Date(iso));
}

/** As "2 h 5 min", "1 min 4 s", "3.2 s" or "85 ms". */
export function formatDuration(durationMs: number): string {
  if (durationMs < 1000) return `${Math.round(durationMs).toString()} ms`;
  const seconds = durationMs / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole.toString()} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return joinParts(`${minutes.toString()} min`, whole % 60, 's');
  return joinParts(`${Math.floor(minutes / 60).toString()} h`, minutes % 60, 'min');
}

/** How long it took; a dash while it goes on. */
export function formatTimeTaken(startedAt: string, completedAt: string | null): string {
  return completedAt === null ? '–' : formatDuration(durationOf(startedAt, completedAt));
}

/** Milliseconds from the start to the end. */
export function durationOf(startedAt: string, completedAt: string): number {
  return new Date(completedAt).getTime() - new Date(startedAt).getTime();
}

export function formatCount(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? singular : plural}`;
}

function joinParts(large: string, small: number, smallUnit: string): string {
  return small === 0 ? large : `${large} ${small.toString()} ${smallUnit}`;
}

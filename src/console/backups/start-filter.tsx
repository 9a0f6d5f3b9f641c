import DateRangePicker from '@cloudscape-design/components/date-range-picker';
import type { DateRangePickerProps } from '@cloudscape-design/components/date-range-picker';
import Icon from '@cloudscape-design/components/icon';
import type { ReactElement } from 'react';
import { formatTime } from '../display/format';

const SECOND_MS = 1000;
const UNITS_MS = { second: SECOND_MS, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 } as const;

const RANGES: readonly DateRangePickerProps.RelativeOption[] = [
  { key: 'hour', type: 'relative', amount: 1, unit: 'hour' },
  { key: 'day', type: 'relative', amount: 1, unit: 'day' },
  { key: 'week', type: 'relative', amount: 7, unit: 'day' },
  { key: 'month', type: 'relative', amount: 30, unit: 'day' },
];

/** Times, as in ISO 8601. */
interface Range {
  /** Not before this one; null = from the first. */
  readonly from: string | null;
  /** Before this one; null = without an end. */
  readonly to: string | null;
}

interface StartFilterProps {
  readonly range: Range;
  readonly onChange: (range: Range) => void;
}

/**
 * Narrows the backups to those that were started in some time. "Last 7 days" becomes the moment that was 7 days ago when
 * it was chosen: backups that are created later are in it, too, and a shared link shows the same.
 */
export function StartFilter({ range, onChange }: StartFilterProps): ReactElement {
  return (
    <DateRangePicker
      ariaLabel="Filter by start"
      value={toValue(range)}
      relativeOptions={RANGES}
      customRelativeRangeUnits={['minute', 'hour', 'day', 'week']}
      isValidRange={checkRange}
      expandToViewport
      renderTriggerContent={() => (
        <>
          <Icon name="calendar" /> {toText(range)}
        </>
      )}
      onChange={({ detail }) => {
        onChange(toRange(detail.value, Date.now()));
      }}
    />
  );
}

function toText({ from, to }: Range): string {
  if (from === null && to === null) return 'Any start';
  if (to === null) return `Since ${formatTime(from ?? '')}`;
  const until = formatTime(toLastSecond(to));
  return from === null ? `Until ${until}` : `${formatTime(from)} – ${until}`;
}

/** The picker knows no range that is open on one side: it begins anew then. */
function toValue({ from, to }: Range): DateRangePickerProps.Value | null {
  return from === null || to === null ? null : { type: 'absolute', startDate: from, endDate: toLastSecond(to) };
}

/** The picker means its last second to be in the range. */
function toLastSecond(to: string): string {
  return new Date(Date.parse(to) - SECOND_MS).toISOString();
}

function toRange(value: DateRangePickerProps.Value | null, nowMs: number): Range {
  if (value === null) return { from: null, to: null };
  if (value.type === 'absolute') {
    return { from: toIso(Date.parse(value.startDate)), to: toIso(Date.parse(value.endDate) + SECOND_MS) };
  }
  return { from: toIso(nowMs - toMs(value)), to: null };
}

function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function toMs({ amount, unit }: DateRangePickerProps.RelativeValue): number {
  // Months and years are not on offer.
  return unit === 'month' || unit === 'year' ? 0 : amount * UNITS_MS[unit];
}

function checkRange(value: DateRangePickerProps.Value | null): DateRangePickerProps.ValidationResult {
  if (value === null) return refuse('Choose a range, or clear it.');
  if (value.type === 'relative') {
    return value.amount > 0 ? { valid: true } : refuse('Enter how long, as a whole number greater than 0.');
  }
  const [start, end] = [Date.parse(value.startDate), Date.parse(value.endDate)];
  if (Number.isNaN(start) || Number.isNaN(end)) return refuse('Choose a start and an end, each with its time.');
  return start <= end ? { valid: true } : refuse('The start must not be later than the end.');
}

function refuse(errorMessage: string): DateRangePickerProps.ValidationResult {
  return { valid: false, errorMessage };
}

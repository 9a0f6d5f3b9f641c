import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import MixedLineBarChart from '@cloudscape-design/components/mixed-line-bar-chart';
import type { MixedLineBarChartProps } from '@cloudscape-design/components/mixed-line-bar-chart';
import type { ReactElement } from 'react';
import { durationOf, formatBytes, formatDuration } from '../display/format';
import type { BackupRecordFragment } from '../gql/graphql';

const HEIGHT = 200;
/** A second, a minute, an hour. */
const UNITS_MS = [1000, 60_000, 3_600_000];

interface BackupChartsProps {
  /** COMPLETED ones, oldest first. */
  readonly backups: readonly BackupRecordFragment[];
}

/** Two charts over the same backups: bytes and seconds have no axis in common. */
export function BackupCharts({ backups }: BackupChartsProps): ReactElement {
  const sizes = backups.map(({ startedAt, storedBytes }) => ({ x: startedAt, y: storedBytes ?? 0 }));
  const lengths = backups.map(({ startedAt, completedAt }) =>
    completedAt === null ? 0 : durationOf(startedAt, completedAt),
  );
  const unitMs = findUnit(Math.max(...lengths));
  const durations = backups.map(({ startedAt }, index) => ({ x: startedAt, y: (lengths[index] ?? 0) / unitMs }));
  const formatUnits = (units: number): string => formatDuration(units * unitMs);
  return (
    <ColumnLayout columns={2}>
      <Chart type="bar" title="Stored size" data={sizes} format={formatBytes} backups={backups} />
      <Chart type="line" title="Duration" data={durations} format={formatUnits} backups={backups} />
    </ColumnLayout>
  );
}

/** In milliseconds: the axis has its ticks at round numbers of it, and "1 min 40 s" is none. */
function findUnit(longestMs: number): number {
  return UNITS_MS.findLast((unitMs) => longestMs >= 2 * unitMs) ?? 1;
}

interface ChartProps extends BackupChartsProps {
  readonly type: 'bar' | 'line';
  readonly title: string;
  readonly data: readonly MixedLineBarChartProps.Datum<string>[];
  readonly format: (value: number) => string;
}

function Chart({ type, title, data, format, backups }: ChartProps): ReactElement {
  const highest = Math.max(...data.map(({ y }) => y));
  const lowest = Math.min(...data.map(({ y }) => y));
  const latest = data.at(-1)?.y ?? 0;
  return (
    <div>
      <Box variant="h3" margin={{ bottom: 's' }}>
        {title}
      </Box>
      <MixedLineBarChart
        series={[{ type, title, data, valueFormatter: format }]}
        xScaleType="categorical"
        xDomain={data.map(({ x }) => x)}
        yDomain={[0, Math.max(highest, 1)]}
        xTickFormatter={formatStart}
        yTickFormatter={format}
        height={HEIGHT}
        hideFilter
        hideLegend
        ariaLabel={title}
        ariaDescription={`${title} of ${data.length.toString()} backups: from ${format(lowest)} to ${format(highest)}, the latest ${format(latest)}.`}
        detailPopoverFooter={(x) => backups.find(({ startedAt }) => startedAt === x)?.name}
      />
    </div>
  );
}

/** The day, and below it the time. */
function formatStart(iso: string): string {
  const startedAt = new Date(iso);
  const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' }).format(startedAt);
  return `${day}\n${new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(startedAt)}`;
}

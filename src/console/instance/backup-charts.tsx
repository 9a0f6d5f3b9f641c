import Box from '@cloudscape-design/components/box';
import ColumnLayout from '@cloudscape-design/components/column-layout';
import MixedLineBarChart from '@cloudscape-design/components/mixed-line-bar-chart';
import type { MixedLineBarChartProps } from '@cloudscape-design/components/mixed-line-bar-chart';
import type { ReactElement } from 'react';
import { durationOf, formatBytes, formatDuration, formatTime } from '../display/format';
import type { BackupRecordFragment } from '../gql/graphql';

const HEIGHT = 200;

interface BackupChartsProps {
  /** COMPLETED ones, oldest first. */
  readonly backups: readonly BackupRecordFragment[];
}

/** Two charts over the same backups: bytes and seconds have no axis in common. */
export function BackupCharts({ backups }: BackupChartsProps): ReactElement {
  const sizes = backups.map(({ startedAt, storedBytes }) => ({ x: startedAt, y: storedBytes ?? 0 }));
  const durations = backups.map(({ startedAt, completedAt }) => ({
    x: startedAt,
    y: completedAt === null ? 0 : durationOf(startedAt, completedAt),
  }));
  return (
    <ColumnLayout columns={2}>
      <Chart type="bar" title="Stored size" data={sizes} format={formatBytes} backups={backups} />
      <Chart type="line" title="Duration" data={durations} format={formatDuration} backups={backups} />
    </ColumnLayout>
  );
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
        detailPopoverFooter={(x) => <Footer backup={backups.find(({ startedAt }) => startedAt === x)} />}
      />
    </div>
  );
}

function Footer({ backup }: { readonly backup: BackupRecordFragment | undefined }): ReactElement {
  return (
    <Box fontSize="body-s" color="text-body-secondary">
      {backup?.name}, {backup === undefined ? '' : formatTime(backup.startedAt)}
    </Box>
  );
}

/** The day, and below it the time. */
function formatStart(iso: string): string {
  const startedAt = new Date(iso);
  const day = new Intl.DateTimeFormat('en', { month: 'short', day: 'numeric' }).format(startedAt);
  return `${day}\n${new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(startedAt)}`;
}

import ProgressBar from '@cloudscape-design/components/progress-bar';
import type { ReactElement } from 'react';
import type { BackupPhase, RestorePhase } from '../gql/graphql';
import { formatBytes } from './format';
import { PHASES } from './words';

interface WorkProgressProps {
  /** What goes on, for screen readers. */
  readonly label: string;
  readonly progress: {
    readonly phase: BackupPhase | RestorePhase;
    readonly percent: number | null;
    readonly bytesDone: number;
    readonly bytesTotal: number | null;
  };
}

/** A bar of a running backup or restore, and in words where it stands. */
export function WorkProgress({ label, progress }: WorkProgressProps): ReactElement {
  const { phase, percent, bytesDone, bytesTotal } = progress;
  const bytes = bytesTotal === null ? '' : `, ${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`;
  return <ProgressBar ariaLabel={label} value={percent ?? 0} description={`${PHASES[phase]}${bytes}`} />;
}

import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import type { ReactElement } from 'react';
import { Copyable } from '../display/copyable';
import { formatBytes, formatKnownBytes, formatTimeTaken } from '../display/format';
import { BackupStatusIndicator } from '../display/status';
import { Timestamp } from '../display/timestamp';
import { BACKUP_TYPES, ENGINES } from '../display/words';
import type { BackupRecordFragment } from '../gql/graphql';
import { InstanceName } from './instance-name';

/** The fields of a backup. */
export function BackupFacts({ backup }: { readonly backup: BackupRecordFragment }): ReactElement {
  const { id, name, status, failure, type, engine, engineVersion, region, project, description } = backup;
  const { startedAt, completedAt, sizeBytes, storedBytes } = backup;
  return (
    <KeyValuePairs
      columns={3}
      ariaLabel={`Facts about ${name}`}
      items={[
        { label: 'Status', value: <BackupStatusIndicator status={status} failureCode={failure?.code} /> },
        { label: 'Type', value: BACKUP_TYPES[type] },
        { label: 'Instance', value: <InstanceName backup={backup} /> },
        { label: 'Engine', value: `${ENGINES[engine]} ${engineVersion}` },
        { label: 'Started', value: <Timestamp iso={startedAt} /> },
        { label: 'Ended', value: <Timestamp iso={completedAt} /> },
        { label: 'Duration', value: formatTimeTaken(startedAt, completedAt) },
        { label: 'Size', value: formatKnownBytes(sizeBytes) },
        { label: 'Stored size', value: toStoredSize(storedBytes, sizeBytes) },
        { label: 'Region', value: region },
        { label: 'Project', value: project },
        { label: 'ID', value: <Copyable isInDialog text={id} what={`ID of ${name}`} /> },
        { label: 'Description', value: description ?? '–' },
      ]}
    />
  );
}

function toStoredSize(storedBytes: number | null, sizeBytes: number | null): string {
  if (storedBytes === null || sizeBytes === null || sizeBytes === 0) return formatKnownBytes(storedBytes);
  const share = new Intl.NumberFormat('en', { style: 'percent' }).format(storedBytes / sizeBytes);
  return `${formatBytes(storedBytes)} (${share})`;
}

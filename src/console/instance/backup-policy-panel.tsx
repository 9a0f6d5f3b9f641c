import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { useState } from 'react';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import { Timestamp } from '../display/timestamp';
import type { InstanceRecordFragment } from '../gql/graphql';
import { findTimeZone, formatLocalWindow, formatWeekdays, formatWindow, isLocalUtc } from './backup-window';
import { EditPolicyDialog } from './edit-policy-dialog';

type Policy = NonNullable<InstanceRecordFragment['backupPolicy']>;

/** When automated backups are taken, how long they are kept, and whether that worked. */
export function BackupPolicyPanel({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  const [isEdited, setEdited] = useState(false);
  const policy = instance.backupPolicy;
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <Button
              onClick={() => {
                setEdited(true);
              }}
            >
              {policy === null ? 'Set policy' : 'Edit policy'}
            </Button>
          }
        >
          Backup policy
        </Header>
      }
    >
      {policy === null ? (
        <Box color="text-body-secondary">
          No policy is set, so no automated backups are taken. Set one to have a backup taken in a window of one hour,
          on the days of your choice.
        </Box>
      ) : (
        <PolicyFacts policy={policy} />
      )}
      {isEdited && (
        <EditPolicyDialog
          instance={instance}
          onDismiss={() => {
            setEdited(false);
          }}
        />
      )}
    </Container>
  );
}

function PolicyFacts({ policy }: { readonly policy: Policy }): ReactElement {
  const { enabled, startTime, weekdays, keepDays, nextBackupAt, lastBackupAt } = policy;
  return (
    <KeyValuePairs
      columns={4}
      minColumnWidth={200}
      ariaLabel="Backup policy"
      items={[
        { label: 'Automated backups', value: <Enabled isEnabled={enabled} /> },
        { label: 'Window', value: <Window startTime={startTime} /> },
        { label: 'Weekdays (UTC)', value: formatWeekdays(weekdays) },
        { label: 'Kept for', value: formatCount(keepDays, 'day') },
        { label: 'Next backup', value: <Timestamp iso={nextBackupAt} /> },
        { label: 'Last backup', value: lastBackupAt === null ? 'None yet' : <Timestamp iso={lastBackupAt} /> },
        { label: 'Last missed window', value: <LastMiss policy={policy} /> },
      ]}
    />
  );
}

function Enabled({ isEnabled }: { readonly isEnabled: boolean }): ReactElement {
  return isEnabled ? (
    <StatusIndicator type="success">Enabled</StatusIndicator>
  ) : (
    <StatusIndicator type="stopped">Disabled</StatusIndicator>
  );
}

function Window({ startTime }: { readonly startTime: string }): ReactElement {
  return (
    <>
      {formatWindow(startTime)}
      {!isLocalUtc() && (
        <Box color="text-body-secondary">
          {formatLocalWindow(startTime)} ({findTimeZone()})
        </Box>
      )}
    </>
  );
}

/** A window without its backup is a warning until one has had its own. */
function LastMiss({ policy }: { readonly policy: Policy }): ReactElement {
  const { lastMissedAt, lastMissedReason, lastBackupAt } = policy;
  if (lastMissedAt === null) return <>None</>;
  const isMadeUp = lastBackupAt !== null && lastBackupAt > lastMissedAt;
  const when = <Timestamp iso={lastMissedAt} />;
  return (
    <>
      {isMadeUp ? when : <StatusIndicator type="warning">{when}</StatusIndicator>}
      {lastMissedReason !== null && <Box color="text-body-secondary">{lastMissedReason}</Box>}
    </>
  );
}

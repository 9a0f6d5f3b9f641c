import { useQuery } from '@apollo/client/react';
import Badge from '@cloudscape-design/components/badge';
import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import List from '@cloudscape-design/components/list';
import Popover from '@cloudscape-design/components/popover';
import SpaceBetween from '@cloudscape-design/components/space-between';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import type { ReactElement } from 'react';
import { toRefusal } from '../api/refusal';
import { byUserAndName } from '../display/database-order';
import { formatBytes, formatCount } from '../display/format';
import type { InstanceDatabasesQuery } from '../gql/graphql';
import { ScopedLink } from '../shell/scoped-link';
import { INSTANCE_DATABASES } from './instance-databases';
import { SecondLine } from './second-line';

type Database = NonNullable<InstanceDatabasesQuery['instance']>['databases'][number];

/** More names than these are read on the instance's own page. */
const MAX_NAMES = 50;

interface DatabasesCellProps {
  readonly instance: { readonly id: string; readonly name: string };
}

/** The databases of an instance, asked of itself while the cell is shown: other cells do not wait for it. */
export function DatabasesCell({ instance }: DatabasesCellProps): ReactElement {
  const { data, error, refetch } = useQuery(INSTANCE_DATABASES, {
    variables: { id: instance.id },
    notifyOnNetworkStatusChange: true,
  });
  // Apollo keeps what it knew beside the error; that is no answer.
  if (error !== undefined) return <Unknown error={error} onRetry={() => void refetch().catch(() => undefined)} />;
  if (data?.instance == null) return <StatusIndicator type="loading">Asking</StatusIndicator>;
  return <Databases instance={instance} databases={data.instance.databases} />;
}

function Unknown({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }): ReactElement {
  const { code, message } = toRefusal(error);
  const sentence = code === 'INSTANCE_UNREACHABLE' ? 'Cannot be reached' : 'Could not be read';
  return (
    <Popover
      header={sentence}
      size="medium"
      renderWithPortal
      wrapTriggerText={false}
      dismissAriaLabel="Close"
      content={
        <SpaceBetween size="s">
          <Box>{message}</Box>
          <Button iconName="refresh" onClick={onRetry}>
            Try again
          </Button>
        </SpaceBetween>
      }
    >
      <StatusIndicator type="error">{sentence}</StatusIndicator>
    </Popover>
  );
}

interface DatabasesProps extends DatabasesCellProps {
  readonly databases: readonly Database[];
}

function Databases({ instance, databases }: DatabasesProps): ReactElement {
  const totalBytes = databases.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const count = formatCount(databases.length, 'database');
  if (databases.length === 0) return <>{count}</>;
  const sorted = [...databases].sort(byUserAndName);
  const left = sorted.length - MAX_NAMES;
  return (
    <>
      <Popover
        header={`Databases of ${instance.name}`}
        size="large"
        renderWithPortal
        wrapTriggerText={false}
        dismissAriaLabel="Close"
        content={
          <SpaceBetween size="s">
            <List
              ariaLabel={`Databases of ${instance.name}`}
              items={sorted.slice(0, MAX_NAMES)}
              disablePaddings
              renderItem={({ name, sizeBytes, system, unavailableReason }) => ({
                id: name,
                content: name,
                secondaryContent:
                  unavailableReason === null || system
                    ? formatBytes(sizeBytes)
                    : `${formatBytes(sizeBytes)}. It cannot be backed up now: ${unavailableReason}`,
                ...(system ? { actions: <Badge>System</Badge> } : {}),
              })}
            />
            {left > 0 && <ScopedLink to={`/instances/${instance.id}`}>{formatCount(left, 'more database')}</ScopedLink>}
          </SpaceBetween>
        }
      >
        {count}
      </Popover>
      <SecondLine>{formatBytes(totalBytes)}</SecondLine>
    </>
  );
}

import { useQuery } from '@apollo/client/react';
import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import StatusIndicator from '@cloudscape-design/components/status-indicator';
import { lazy, Suspense } from 'react';
import type { ReactElement } from 'react';
import { QueryFailure } from '../display/query-failure';
import { StaleNotice } from '../display/stale-notice';
import type { BackupRecordFragment } from '../gql/graphql';
import { BACKUP_HISTORY } from './operations';

/** Charts are a large part of the code, and few look at them: they come when they are needed. */
const BackupCharts = lazy(async () => {
  try {
    return { default: (await import('./backup-charts')).BackupCharts };
  } catch {
    return { default: NoCharts };
  }
});

/** With fewer there is nothing to compare. */
const MIN_BACKUPS = 2;

/** How large the last backups of an instance are, and how long they took. */
export function BackupHistory({ instanceId }: { readonly instanceId: string }): ReactElement {
  const { data, previousData, error, loading, refetch } = useQuery(BACKUP_HISTORY, {
    variables: { instanceId },
    notifyOnNetworkStatusChange: true,
  });
  const backups = (data ?? previousData)?.backups.nodes;
  const retry = (): void => void refetch().catch(() => undefined);
  const toContent = (): ReactElement => {
    if (backups !== undefined) return <History backups={backups} />;
    if (error === undefined || loading) return <Loading />;
    return <QueryFailure what="The last backups" error={error} onRetry={retry} />;
  };
  return (
    <Container
      header={
        <Header variant="h2" description="Of the last completed backups, 50 at the most.">
          Sizes and durations
        </Header>
      }
    >
      <StaleNotice what="The last backups" error={data === undefined ? undefined : error} onRetry={retry} />
      {toContent()}
    </Container>
  );
}

/** @param props.backups newest first */
function History({ backups }: { readonly backups: readonly BackupRecordFragment[] }): ReactElement {
  if (backups.length < MIN_BACKUPS) {
    return (
      <Box textAlign="center" margin={{ vertical: 'l' }}>
        <Box variant="strong">Not enough backups</Box>
        <Box color="text-body-secondary">
          Once two backups are completed, their sizes and durations are compared here.
        </Box>
      </Box>
    );
  }
  return (
    <Suspense fallback={<Loading />}>
      <BackupCharts backups={backups.toReversed()} />
    </Suspense>
  );
}

function Loading(): ReactElement {
  return <StatusIndicator type="loading">Loading the last backups</StatusIndicator>;
}

/** The rest of the page does not suffer from a file that could not be fetched. */
function NoCharts(): ReactElement {
  return <StatusIndicator type="error">The charts could not be loaded. Reload the page to try again.</StatusIndicator>;
}

import { useQuery } from '@apollo/client/react';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import { Loading } from '../display/loading';
import { QueryFailure } from '../display/query-failure';
import { ScopedLink } from '../shell/scoped-link';
import { RETAINED_BACKUPS } from './operations';

interface MissingInstanceProps {
  readonly id: string;
  /** What it was called when this page last saw it; null when it never did. */
  readonly lastName: string | null;
}

/** In place of an instance that was deleted, or never was. Backups that are left of it tell the one from the other. */
export function MissingInstance({ id, lastName }: MissingInstanceProps): ReactElement {
  const { data, previousData, error, loading, refetch } = useQuery(RETAINED_BACKUPS, {
    variables: { instanceId: id },
    notifyOnNetworkStatusChange: true,
  });
  const retained = (data ?? previousData)?.backups;
  if (retained === undefined) {
    if (error === undefined || loading) return <Loading />;
    return <QueryFailure what="The instance" error={error} onRetry={() => void refetch().catch(() => undefined)} />;
  }
  const name = lastName ?? retained.nodes[0]?.instanceName;
  return (
    <SpaceBetween size="s">
      <Box variant="h1">{name === undefined ? 'There is no such instance' : `Instance ${name} is deleted`}</Box>
      {name === undefined ? (
        <Box>
          No instance has the ID <Box variant="code">{id}</Box>.
        </Box>
      ) : (
        <Retained id={id} name={name} count={retained.totalCount} />
      )}
      <Box>
        Go on to <ScopedLink to="/instances">Instance Management</ScopedLink>.
      </Box>
    </SpaceBetween>
  );
}

interface RetainedProps {
  readonly id: string;
  readonly name: string;
  readonly count: number;
}

function Retained({ id, name, count }: RetainedProps): ReactElement {
  if (count === 0) return <Box>No manual backup of it is left, and its automated ones are deleted with it.</Box>;
  return (
    <Box>
      {formatCount(count, 'manual backup')} of it {count === 1 ? 'is' : 'are'} retained. What is completed can be
      restored to another instance:{' '}
      <ScopedLink to="/backups" search={{ instance: id }}>
        retained backups of {name}
      </ScopedLink>
      .
    </Box>
  );
}

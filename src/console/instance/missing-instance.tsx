import { useQuery } from '@apollo/client/react';
import Box from '@cloudscape-design/components/box';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import { formatCount } from '../display/format';
import { ScopedLink } from '../shell/scoped-link';
import { RETAINED_BACKUPS } from './operations';

interface MissingInstanceProps {
  readonly id: string;
  /** What it was called when this page last saw it; null when it never did. */
  readonly lastName: string | null;
}

/** In place of an instance that was deleted, or never was. Backups that are left of it tell the one from the other. */
export function MissingInstance({ id, lastName }: MissingInstanceProps): ReactElement {
  const { data, previousData } = useQuery(RETAINED_BACKUPS, { variables: { instanceId: id } });
  const { nodes = [], totalCount = 0 } = (data ?? previousData)?.backups ?? {};
  const name = lastName ?? nodes[0]?.instanceName;
  return (
    <SpaceBetween size="s">
      <Box variant="h1">{name === undefined ? 'There is no such instance' : `Instance ${name} is deleted`}</Box>
      {name === undefined ? (
        <Box>
          No instance has the ID <Box variant="code">{id}</Box>.
        </Box>
      ) : (
        <Box>
          {totalCount === 0 ? (
            'No backup of it is left.'
          ) : (
            <>
              {formatCount(totalCount, 'backup')} of it {totalCount === 1 ? 'is' : 'are'} retained and can be restored
              to another instance:{' '}
              <ScopedLink to="/backups" search={{ instance: id }}>
                retained backups of {name}
              </ScopedLink>
              .
            </>
          )}
        </Box>
      )}
      <Box>
        Go on to <ScopedLink to="/instances">Instance Management</ScopedLink>.
      </Box>
    </SpaceBetween>
  );
}

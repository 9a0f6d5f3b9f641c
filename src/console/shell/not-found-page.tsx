import Box from '@cloudscape-design/components/box';
import type { ReactElement } from 'react';
import { PageFrame } from './page-frame';
import { ScopedLink } from './scoped-link';

export function NotFoundPage(): ReactElement {
  return (
    <PageFrame title="Not found">
      <Box variant="h1">There is no such page</Box>
      <Box margin={{ top: 's' }}>
        Go on to <ScopedLink to="/instances">Instance Management</ScopedLink> or{' '}
        <ScopedLink to="/backups">Backup Management</ScopedLink>.
      </Box>
    </PageFrame>
  );
}

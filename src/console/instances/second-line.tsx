import Box from '@cloudscape-design/components/box';
import type { ReactElement, ReactNode } from 'react';

/** What a cell of a table says besides. */
export function SecondLine({ children }: { readonly children: ReactNode }): ReactElement {
  return (
    <Box fontSize="body-s" color="text-body-secondary">
      {children}
    </Box>
  );
}

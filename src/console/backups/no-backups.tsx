import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement, ReactNode } from 'react';

/** In place of the list while there is no backup. */
export function NoBackups(props: { readonly isOfOneInstance: boolean; readonly onCreate: () => void }): ReactElement {
  const where = props.isOfOneInstance ? 'this instance' : 'an instance of this region and project';
  return (
    <Nothing
      header="No backups"
      text={`No backup of ${where} has been created yet. Create one, and its data can be restored.`}
    >
      <Button variant="primary" onClick={props.onCreate}>
        Create Backup
      </Button>
    </Nothing>
  );
}

/** In place of the list while no backup meets the filters. */
export function NoMatch({ onClear }: { readonly onClear: () => void }): ReactElement {
  return (
    <Nothing header="No matches" text="No backup meets the filters.">
      <Button onClick={onClear}>Clear filters</Button>
    </Nothing>
  );
}

/** In place of a later page whose backups have gone while it was shown. */
export function NothingLeft({ onLeave }: { readonly onLeave: () => void }): ReactElement {
  return (
    <Nothing header="Nothing left here" text="The backups of this page are gone; there are others.">
      <Button onClick={onLeave}>Go to the first page</Button>
    </Nothing>
  );
}

interface NothingProps {
  readonly header: string;
  readonly text: string;
  readonly children: ReactNode;
}

function Nothing({ header, text, children }: NothingProps): ReactElement {
  return (
    <Box textAlign="center" margin={{ vertical: 'l' }}>
      <SpaceBetween size="s">
        <Box variant="strong">{header}</Box>
        <Box color="text-body-secondary">{text}</Box>
        {children}
      </SpaceBetween>
    </Box>
  );
}

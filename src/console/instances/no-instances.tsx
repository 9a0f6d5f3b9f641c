import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import type { Scope } from '../shell/scope';

/** In place of the list while there is nothing to list. */
export function NoInstances(props: { readonly scope: Scope; readonly onRegister: () => void }): ReactElement {
  const { region, project } = props.scope;
  return (
    <Box textAlign="center" margin={{ vertical: 'l' }}>
      <SpaceBetween size="s">
        <Box variant="strong">No instances</Box>
        <Box color="text-body-secondary">
          No instance is registered in region {region}, project {project}. Register one that you run: the server asks it
          what it is, and then it can be backed up.
        </Box>
        <Button variant="primary" onClick={props.onRegister}>
          Register Instance
        </Button>
      </SpaceBetween>
    </Box>
  );
}

/** In place of the list while no instance meets the filter. */
export function NoMatch({ onClear }: { readonly onClear: () => void }): ReactElement {
  return (
    <Box textAlign="center" margin={{ vertical: 'l' }}>
      <SpaceBetween size="s">
        <Box variant="strong">No matches</Box>
        <Box color="text-body-secondary">No instance meets the filter.</Box>
        <Button onClick={onClear}>Clear filter</Button>
      </SpaceBetween>
    </Box>
  );
}

/** In place of a page whose instances are gone since the one before it was read. */
export function NoMore(): ReactElement {
  return (
    <Box textAlign="center" color="text-body-secondary" margin={{ vertical: 'l' }}>
      The instances of this page are gone. Go back to the page before it.
    </Box>
  );
}

import Box from '@cloudscape-design/components/box';
import Container from '@cloudscape-design/components/container';
import Header from '@cloudscape-design/components/header';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import type { ReactElement } from 'react';
import { Copyable } from '../display/copyable';
import { InstanceStatusIndicator } from '../display/status';
import { Timestamp } from '../display/timestamp';
import { ENGINES, ROLES } from '../display/words';
import type { InstanceRecordFragment } from '../gql/graphql';

/** What is known of an instance without asking it. */
export function InstanceFacts({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  const { id, name, engine, engineVersion, role, region, project, endpoint, createdAt, updatedAt } = instance;
  return (
    <Container header={<Header variant="h2">Details</Header>}>
      <KeyValuePairs
        columns={3}
        minColumnWidth={220}
        ariaLabel={`Details of ${name}`}
        items={[
          { label: 'ID', value: <Copyable isWrapped text={id} what={`ID of ${name}`} /> },
          { label: 'Status', value: <StatusWithReason instance={instance} /> },
          { label: 'Role', value: ROLES[role] },
          { label: 'Engine', value: ENGINES[engine] },
          { label: 'Version', value: engineVersion },
          { label: 'Address', value: <Copyable isWrapped text={endpoint} what={`Address of ${name}`} /> },
          { label: 'Region', value: region },
          { label: 'Project', value: project },
          { label: 'Registered', value: <Timestamp iso={createdAt} /> },
          { label: 'Last change', value: <Timestamp iso={updatedAt} /> },
        ]}
      />
    </Container>
  );
}

function StatusWithReason({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  const { status, statusReason } = instance;
  return (
    <>
      <InstanceStatusIndicator status={status} />
      {statusReason !== null && <Box color="text-body-secondary">{statusReason}</Box>}
    </>
  );
}

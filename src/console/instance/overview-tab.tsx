import SpaceBetween from '@cloudscape-design/components/space-between';
import type { ReactElement } from 'react';
import type { InstanceRecordFragment } from '../gql/graphql';
import { DatabasesTable } from './databases-table';
import { InstanceFacts } from './instance-facts';

/** What the instance is, and what is on it. */
export function OverviewTab({ instance }: { readonly instance: InstanceRecordFragment }): ReactElement {
  return (
    <SpaceBetween size="l">
      <InstanceFacts instance={instance} />
      <DatabasesTable instanceId={instance.id} />
    </SpaceBetween>
  );
}

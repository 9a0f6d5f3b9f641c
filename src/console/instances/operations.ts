import { graphql } from '../gql';

export const INSTANCE_LIST = graphql(`
  query InstanceList($first: Int!, $after: String, $filter: InstanceFilter!, $orderBy: InstanceOrder!) {
    instances(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      pageInfo {
        endCursor
        hasNextPage
      }
      nodes {
        ...InstanceRecord
      }
    }
  }
`);

export const REGISTER_INSTANCE = graphql(`
  mutation RegisterInstance($input: RegisterInstanceInput!) {
    registerInstance(input: $input) {
      instance {
        ...InstanceRecord
      }
    }
  }
`);

export const UPDATE_INSTANCE = graphql(`
  mutation UpdateInstance($input: UpdateInstanceInput!) {
    updateInstance(input: $input) {
      instance {
        ...InstanceRecord
      }
    }
  }
`);

export const DELETE_INSTANCE = graphql(`
  mutation DeleteInstance($input: DeleteInstanceInput!) {
    deleteInstance(input: $input) {
      deletedInstanceId
      deletedAutomatedBackups
      retainedManualBackups
    }
  }
`);

/** What becomes of the backups of an instance that is deleted. */
export const INSTANCE_BACKUP_COUNTS = graphql(`
  query InstanceBackupCounts($instanceId: ID!) {
    automated: backups(first: 1, filter: { instanceId: $instanceId, type: AUTOMATED }) {
      totalCount
    }
    manual: backups(first: 1, filter: { instanceId: $instanceId, type: MANUAL }) {
      totalCount
    }
  }
`);

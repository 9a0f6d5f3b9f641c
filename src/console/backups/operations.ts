import { graphql } from '../gql';

export const BACKUP_LIST = graphql(`
  query BackupList($first: Int!, $after: String, $filter: BackupFilter!, $orderBy: BackupOrder!) {
    backups(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
      totalCount
      pageInfo {
        endCursor
        hasNextPage
      }
      nodes {
        ...BackupRecord
      }
    }
  }
`);

export const BACKUP_DETAILS = graphql(`
  query BackupDetails($id: ID!) {
    backup(id: $id) {
      ...BackupRecord
    }
  }
`);

export const INSTANCES_TO_FILTER_BY = graphql(`
  query InstancesToFilterBy($filter: InstanceFilter!) {
    instances(first: 50, filter: $filter) {
      totalCount
      nodes {
        id
        name
        engine
      }
    }
  }
`);

/** Its backups know the name of an instance that is deleted. */
export const INSTANCE_TO_FILTER_BY = graphql(`
  query InstanceToFilterBy($id: ID!) {
    instance(id: $id) {
      id
      name
    }
    backups(first: 1, filter: { instanceId: $id }) {
      nodes {
        id
        instanceName
      }
    }
  }
`);

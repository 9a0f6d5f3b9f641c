import { graphql } from '../gql';

export const INSTANCE_BY_ID = graphql(`
  query InstanceById($id: ID!) {
    instance(id: $id) {
      ...InstanceRecord
    }
  }
`);

/** What is left of an instance that is not there any more. */
export const RETAINED_BACKUPS = graphql(`
  query RetainedBackups($instanceId: ID!) {
    backups(first: 1, filter: { instanceId: $instanceId, type: MANUAL }) {
      totalCount
      nodes {
        ...BackupRecord
      }
    }
  }
`);

export const RUNNING_BACKUP = graphql(`
  query RunningBackup($id: ID!) {
    backup(id: $id) {
      ...BackupRecord
    }
  }
`);

export const RESTORES_TO_INSTANCE = graphql(`
  query RestoresToInstance($instanceId: ID!, $first: Int!, $after: String) {
    restores(first: $first, after: $after, filter: { targetInstanceId: $instanceId }) {
      totalCount
      pageInfo {
        endCursor
        hasNextPage
      }
      nodes {
        ...RestoreRecord
      }
    }
  }
`);

export const BACKUP_HISTORY = graphql(`
  query BackupHistory($instanceId: ID!) {
    backups(
      first: 50
      filter: { instanceId: $instanceId, status: COMPLETED }
      orderBy: { field: STARTED_AT, direction: DESC }
    ) {
      nodes {
        ...BackupRecord
      }
    }
  }
`);

export const SET_BACKUP_POLICY = graphql(`
  mutation SetBackupPolicy($input: SetBackupPolicyInput!) {
    setBackupPolicy(input: $input) {
      policy {
        updatedAt
      }
    }
  }
`);

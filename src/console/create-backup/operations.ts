import { graphql } from '../gql';

export const CREATE_BACKUP = graphql(`
  mutation CreateBackup($input: CreateBackupInput!) {
    createBackup(input: $input) {
      backup {
        ...BackupRecord
        instance {
          ...InstanceRecord
        }
      }
    }
  }
`);

export const INSTANCES_TO_BACK_UP = graphql(`
  query InstancesToBackUp($filter: InstanceFilter!) {
    instances(first: 50, filter: $filter) {
      totalCount
      nodes {
        ...InstanceRecord
      }
    }
  }
`);

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

/** Those that can be backed up now are asked for apart: however many others there are, these are among what is listed. */
export const INSTANCES_TO_BACK_UP = graphql(`
  query InstancesToBackUp($offered: InstanceFilter!, $all: InstanceFilter!) {
    offered: instances(first: 50, filter: $offered) {
      totalCount
      nodes {
        ...InstanceRecord
      }
    }
    all: instances(first: 50, filter: $all) {
      totalCount
      nodes {
        ...InstanceRecord
      }
    }
  }
`);

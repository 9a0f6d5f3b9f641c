import { graphql } from '../gql';

/** An instance as the target of a restore. */
export const RESTORE_TARGET = graphql(`
  query RestoreTarget($id: ID!) {
    instance(id: $id) {
      ...InstanceRecord
    }
  }
`);

/** Those that can be restored to now are asked for apart: however many others there are, these are among what is listed. */
export const RESTORE_TARGETS = graphql(`
  query RestoreTargets($offered: InstanceFilter!, $all: InstanceFilter!) {
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

export const RESTORE_BACKUP = graphql(`
  mutation RestoreBackup($input: RestoreBackupInput!) {
    restoreBackup(input: $input) {
      restore {
        ...RestoreRecord
        targetInstance {
          ...InstanceRecord
        }
      }
    }
  }
`);

/** Makes links, which the audit log tells of: asked once, and never kept. */
export const BACKUP_FILES = graphql(`
  query BackupFiles($id: ID!) {
    backup(id: $id) {
      id
      files {
        database
        system
        sizeBytes
        url
        expiresAt
      }
    }
  }
`);

export const VERIFY_BACKUP = graphql(`
  mutation VerifyBackup($input: VerifyBackupInput!) {
    verifyBackup(input: $input) {
      backup {
        ...BackupRecord
      }
    }
  }
`);

export const CANCEL_BACKUP = graphql(`
  mutation CancelBackup($input: CancelBackupInput!) {
    cancelBackup(input: $input) {
      backup {
        ...BackupRecord
      }
    }
  }
`);

export const DELETE_BACKUPS = graphql(`
  mutation DeleteBackups($input: DeleteBackupInput!) {
    deleteBackup(input: $input) {
      results {
        backupId
        error {
          code
          message
        }
      }
    }
  }
`);

import { graphql } from '../gql';

export const INSTANCE_CHANGES = graphql(`
  subscription InstanceChanges($after: ID!) {
    instanceStatusChanged(after: $after) {
      id
      previousStatus
      status
      reason
      occurredAt
      instance {
        ...InstanceRecord
      }
      backup {
        ...BackupRecord
      }
    }
  }
`);

export const BACKUP_CHANGES = graphql(`
  subscription BackupChanges {
    backupChanged {
      ...BackupRecord
    }
  }
`);

export const RESTORE_CHANGES = graphql(`
  subscription RestoreChanges {
    restoreChanged {
      ...RestoreRecord
    }
  }
`);

export const RECORD_DELETIONS = graphql(`
  subscription RecordDeletions {
    recordDeleted {
      kind
      id
    }
  }
`);

export const EVENT_CURSOR = graphql(`
  query EventCursor {
    instances(first: 1) {
      eventCursor
    }
  }
`);

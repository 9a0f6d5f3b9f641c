import { graphql } from '../gql';

/**
 * What the console knows of an instance, a backup and a restore: lists, pages and live updates all ask for the same
 * fields, so an update never leaves a record half old.
 */
export const BACKUP_RECORD = graphql(`
  fragment BackupRecord on Backup {
    id
    name
    description
    type
    status
    project
    region
    instanceId
    instanceName
    engine
    engineVersion
    sizeBytes
    storedBytes
    startedAt
    completedAt
    verifiedAt
    instance {
      id
      name
      status
    }
    databases {
      name
      system
      originalBytes
      storedBytes
      sha256
    }
    progress {
      phase
      bytesDone
      bytesTotal
      percent
    }
    failure {
      code
      message
      occurredAt
    }
    verification {
      level
      status
      details
      verifiedAt
    }
  }
`);

export const RESTORE_RECORD = graphql(`
  fragment RestoreRecord on Restore {
    id
    backupId
    backupName
    overwrite
    project
    status
    startedAt
    completedAt
    targetInstanceId
    targetInstanceName
    databases {
      name
      restoreAs
    }
    progress {
      phase
      bytesDone
      bytesTotal
      percent
    }
    failure {
      code
      message
      occurredAt
    }
  }
`);

export const INSTANCE_RECORD = graphql(`
  fragment InstanceRecord on Instance {
    id
    name
    project
    region
    engine
    engineVersion
    role
    status
    statusReason
    endpoint
    createdAt
    updatedAt
    activeBackup {
      id
      name
      status
      progress {
        phase
        bytesDone
        bytesTotal
        percent
      }
    }
    activeRestore {
      id
      backupName
      status
      progress {
        phase
        bytesDone
        bytesTotal
        percent
      }
    }
    backupPolicy {
      enabled
      keepDays
      startTime
      weekdays
      nextBackupAt
      lastBackupAt
      lastMissedAt
      lastMissedReason
      updatedAt
    }
    lastBackups: backups(first: 1, filter: { status: COMPLETED }) {
      nodes {
        id
        name
        completedAt
      }
    }
  }
`);

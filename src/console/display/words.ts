import type {
  BackupPhase,
  BackupStatus,
  BackupType,
  Engine,
  InstanceRole,
  InstanceStatus,
  RestorePhase,
  VerificationLevel,
} from '../gql/graphql';

/** The API's words as people read them. One word per concept, the same everywhere. */
export const ENGINES: Readonly<Record<Engine, string>> = {
  SQLITE: 'SQLite',
  POSTGRESQL: 'PostgreSQL',
  MYSQL: 'MySQL',
  MARIADB: 'MariaDB',
  SQLSERVER: 'Microsoft SQL Server',
};

export const ROLES: Readonly<Record<InstanceRole, string>> = {
  PRIMARY: 'Primary',
  STANDBY: 'Standby',
  READ_REPLICA: 'Read replica',
};

export const BACKUP_TYPES: Readonly<Record<BackupType, string>> = { MANUAL: 'Manual', AUTOMATED: 'Automated' };

export const INSTANCE_STATUSES: Readonly<Record<InstanceStatus, string>> = {
  AVAILABLE: 'Available',
  BACKING_UP: 'Backing up',
  RESTORING: 'Restoring',
  ABNORMAL: 'Abnormal',
};

export const BACKUP_STATUSES: Readonly<Record<BackupStatus, string>> = {
  BUILDING: 'Building',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  DELETING: 'Deleting',
};

/** Of a backup as of a restore. */
export const PHASES: Readonly<Record<BackupPhase | RestorePhase, string>> = {
  QUEUED: 'Waiting for its turn',
  COPYING: 'Copying databases',
  VERIFYING: 'Verifying what was stored',
  CHECKING: 'Checking the stored files',
  LOADING: 'Loading databases',
  SWAPPING: 'Giving the databases their names',
  UNDOING: 'Taking back',
  DONE: 'Done',
};

export const VERIFICATION_LEVELS: Readonly<Record<VerificationLevel, string>> = {
  CHECKSUM: 'Checksum',
  FORMAT: 'Format',
  RESTORE: 'Restore',
};

import { registerEnumType } from 'type-graphql';
import { BackupFailureCode, BackupOrderField, BackupPhase, BackupStatus, BackupType } from '../domain/backup.js';
import { Engine, InstanceOrderField, InstanceRole, InstanceStatus } from '../domain/instance.js';
import { OrderDirection } from '../domain/page.js';

registerEnumType(Engine, {
  name: 'Engine',
  description: 'A database product. MySQL and MariaDB are told apart when an instance is registered.',
  valuesConfig: {
    SQLITE: { description: 'SQLite: a file, or a folder of files.' },
    POSTGRESQL: { description: 'PostgreSQL.' },
    MYSQL: { description: 'MySQL.' },
    MARIADB: { description: 'MariaDB.' },
    SQLSERVER: { description: 'Microsoft SQL Server.' },
  },
});

registerEnumType(InstanceStatus, {
  name: 'InstanceStatus',
  description: 'What an instance is doing, as far as this service is concerned.',
  valuesConfig: {
    AVAILABLE: { description: 'Nothing is going on: a backup can be created of a primary.' },
    BACKING_UP: { description: 'A backup of it is being created. Its databases stay readable and writable.' },
    RESTORING: { description: 'A backup is being restored to it.' },
    ABNORMAL: { description: 'It does not answer as it must; `statusReason` says why.' },
  },
});

registerEnumType(InstanceRole, {
  name: 'InstanceRole',
  description: "An instance's part in replication. Only a PRIMARY can be backed up.",
  valuesConfig: {
    PRIMARY: { description: 'It takes writes; also an instance without replication.' },
    STANDBY: { description: 'It follows a primary, ready to take over.' },
    READ_REPLICA: { description: 'It follows a primary, for reading.' },
  },
});

registerEnumType(BackupStatus, {
  name: 'BackupStatus',
  description: 'How a backup stands: BUILDING, then COMPLETED or FAILED; DELETING before it is gone.',
  valuesConfig: {
    BUILDING: { description: 'It is waiting, or being taken.' },
    COMPLETED: { description: 'It is stored and verified, and can be restored.' },
    FAILED: { description: 'It could not be taken; `failure` says why. Nothing of it is stored.' },
    DELETING: { description: 'Its files are being removed.' },
  },
});

registerEnumType(BackupType, {
  name: 'BackupType',
  description: 'Who asked for a backup.',
  valuesConfig: {
    MANUAL: { description: 'A user. It is kept when its instance is deleted.' },
    AUTOMATED: { description: "The instance's backup policy. It is deleted with its instance." },
  },
});

registerEnumType(BackupPhase, {
  name: 'BackupPhase',
  description: 'Where the work on a backup stands.',
  valuesConfig: {
    QUEUED: { description: 'It waits until fewer backups are running.' },
    COPYING: { description: 'Its databases are being copied into the store.' },
    VERIFYING: { description: 'What was stored is being read back and checked.' },
    DONE: { description: 'It has ended, well or not.' },
  },
});

registerEnumType(BackupFailureCode, {
  name: 'BackupFailureCode',
  description: 'Why a backup has FAILED.',
  valuesConfig: {
    ENGINE_UNREACHABLE: { description: 'The instance could not be reached, or did not let itself be read.' },
    DUMP_FAILED: { description: 'Copying a database has failed, or the copy is no good.' },
    STORAGE_UNAVAILABLE: { description: 'The artifact store cannot be used.' },
    STORAGE_FULL: { description: 'There is no room left in the artifact store, or for a temporary copy.' },
    CHECKSUM_MISMATCH: { description: 'What was stored is not what was written.' },
    STALLED: { description: 'Nothing moved for longer than the stall timeout.' },
    CANCELLED: { description: 'A user has cancelled it.' },
    INTERRUPTED: { description: 'The server stopped before it had finished.' },
  },
});

registerEnumType(OrderDirection, {
  name: 'OrderDirection',
  description: 'Which way a list is sorted.',
  valuesConfig: {
    ASC: { description: 'Smallest, or oldest, first.' },
    DESC: { description: 'Largest, or newest, first.' },
  },
});

registerEnumType(InstanceOrderField, {
  name: 'InstanceOrderField',
  description: 'What instances can be sorted by.',
  valuesConfig: {
    NAME: { description: 'The name, capital letters first.' },
    CREATED_AT: { description: 'When the instance was registered.' },
  },
});

registerEnumType(BackupOrderField, {
  name: 'BackupOrderField',
  description: 'What backups can be sorted by.',
  valuesConfig: {
    STARTED_AT: { description: 'When the backup was created.' },
    NAME: { description: 'The name, capital letters first.' },
  },
});

import { registerEnumType } from 'type-graphql';
import { BackupFailureCode, BackupOrderField, BackupPhase, BackupStatus, BackupType } from '../domain/backup.js';
import { Engine, InstanceOrderField, InstanceRole, InstanceStatus } from '../domain/instance.js';
import { AuditAction, AuditEventOrderField, AuditOutcome } from '../domain/audit.js';
import { RecordKind } from '../domain/deleted-record.js';
import { OrderDirection } from '../domain/page.js';
import { RestoreFailureCode, RestoreOrderField, RestorePhase, RestoreStatus } from '../domain/restore.js';
import { VerificationLevel, VerificationStatus } from '../domain/verification.js';

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

registerEnumType(RestoreStatus, {
  name: 'RestoreStatus',
  description: 'How a restore stands: RUNNING, then COMPLETED or FAILED.',
  valuesConfig: {
    RUNNING: { description: 'It is waiting, or under way; its target is RESTORING.' },
    COMPLETED: { description: 'The target has the databases.' },
    FAILED: { description: 'It could not be done; `failure` says why.' },
  },
});

registerEnumType(RestorePhase, {
  name: 'RestorePhase',
  description: 'Where the work on a restore stands.',
  valuesConfig: {
    QUEUED: { description: 'It waits until fewer restores are running.' },
    CHECKING: { description: 'The stored bytes are checked; nothing has been applied yet.' },
    LOADING: { description: 'The databases are loaded beside those that the target has.' },
    SWAPPING: { description: 'They get their names. It is finished from here on, also after a crash.' },
    UNDOING: { description: 'One could not get its name, and is taken back.' },
    DONE: { description: 'It has ended, well or not.' },
  },
});

registerEnumType(RestoreFailureCode, {
  name: 'RestoreFailureCode',
  description: 'Why a restore has FAILED.',
  valuesConfig: {
    ENGINE_UNREACHABLE: { description: 'The target instance could not be reached.' },
    RESTORE_FAILED: { description: 'Loading a database, or giving it its name, has failed.' },
    TARGET_EXISTS: { description: 'A database of that name was made meanwhile, and `overwrite` was not set.' },
    STORAGE_UNAVAILABLE: { description: 'The artifact store cannot be used, or a file of the backup is gone.' },
    STORAGE_FULL: { description: 'There is no room left where the database is to be.' },
    CHECKSUM_MISMATCH: { description: 'What is stored is not what was written. Nothing was applied.' },
    STALLED: { description: 'Nothing moved for longer than the stall timeout.' },
    INTERRUPTED: { description: 'The server stopped before it had finished.' },
  },
});

registerEnumType(VerificationLevel, {
  name: 'VerificationLevel',
  description: 'How far a verification goes; each level holds the one before.',
  valuesConfig: {
    CHECKSUM: { description: 'The stored bytes and the manifest are what was written.' },
    FORMAT: { description: 'Each file decrypts and decompresses into a whole dump.' },
    RESTORE: { description: 'Each database was restored, with the tables and rows that it had. The proof.' },
  },
});

registerEnumType(VerificationStatus, {
  name: 'VerificationStatus',
  description: 'How a verification stands.',
  valuesConfig: {
    RUNNING: { description: 'It is under way.' },
    PASSED: { description: 'The backup is good, as far as the level goes.' },
    FAILED: { description: 'The backup is not good; `details` says why.' },
    INCONCLUSIVE: {
      description:
        'It could not be made: the store or the server to restore to was not there. It says nothing of the backup.',
    },
  },
});

registerEnumType(RecordKind, {
  name: 'RecordKind',
  description: 'What can be deleted.',
  valuesConfig: {
    INSTANCE: { description: 'An instance.' },
    BACKUP: { description: 'A backup.' },
  },
});

registerEnumType(AuditAction, {
  name: 'AuditAction',
  description: 'What a caller did, or wanted to do.',
  valuesConfig: {
    REGISTER_INSTANCE: { description: 'Registering an instance.' },
    UPDATE_INSTANCE: { description: 'Changing an instance.' },
    DELETE_INSTANCE: { description: 'Deleting an instance.' },
    SET_BACKUP_POLICY: { description: 'Setting the backup policy of an instance.' },
    CREATE_BACKUP: { description: 'Creating a backup, also an automated one.' },
    CANCEL_BACKUP: { description: 'Cancelling a backup.' },
    VERIFY_BACKUP: { description: 'Verifying a backup.' },
    DOWNLOAD_BACKUP: { description: 'Downloading a file of a backup, or asking for a link to it.' },
    DELETE_BACKUP: { description: 'Deleting a backup, also by retention.' },
    RESTORE_BACKUP: { description: 'Restoring a backup.' },
  },
});

registerEnumType(AuditOutcome, {
  name: 'AuditOutcome',
  description: 'What came of an act.',
  valuesConfig: {
    ACCEPTED: { description: 'It was begun; another event tells how it ended.' },
    COMPLETED: { description: 'It was done.' },
    FAILED: { description: 'It was begun, and has failed; `code` says why.' },
    REFUSED: { description: 'It was not begun; `code` says why. Nothing was changed.' },
  },
});

registerEnumType(RestoreOrderField, {
  name: 'RestoreOrderField',
  description: 'What restores can be sorted by.',
  valuesConfig: { STARTED_AT: { description: 'When the restore was begun.' } },
});

registerEnumType(AuditEventOrderField, {
  name: 'AuditEventOrderField',
  description: 'What audit events can be sorted by.',
  valuesConfig: { OCCURRED_AT: { description: 'When it was done, or refused.' } },
});

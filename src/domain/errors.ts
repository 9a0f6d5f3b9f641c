import type { BackupStatus } from './backup.js';
import type { InstanceRole, InstanceStatus } from './instance.js';

export interface FieldFault {
  /** Path of the faulty value, from the input or the argument list, joined by dots. */
  readonly path: string;
  /** Name of the broken rule. */
  readonly rule: string;
  /** The rule in words. */
  readonly message: string;
}

/** What a user wanted of an instance that does something else. */
export type InstanceOperation = 'CREATE_BACKUP' | 'UPDATE_INSTANCE' | 'RESTORE_BACKUP' | 'DELETE_INSTANCE';

/** Why a backup cannot be deleted now. */
export type DeleteObstacle = 'BUILDING' | 'DELETING' | 'AUTOMATED' | 'BEING_RESTORED' | 'BEING_VERIFIED';

/** What each code carries besides its message. It reaches the client in `extensions`, so it holds no secret. */
interface ErrorDetails {
  BAD_USER_INPUT: { readonly fields: readonly FieldFault[] };
  INSTANCE_NOT_FOUND: { readonly instanceId: string };
  BACKUP_NOT_FOUND: { readonly backupId: string };
  DATABASE_NOT_FOUND: { readonly databases: readonly string[]; readonly where: 'instance' | 'backup' };
  DATABASE_NOT_AVAILABLE: { readonly databases: readonly { readonly name: string; readonly reason: string }[] };
  INSTANCE_NOT_PRIMARY: {
    readonly instanceId: string;
    readonly role: InstanceRole;
    readonly operation: 'CREATE_BACKUP' | 'RESTORE_BACKUP';
  };
  INSTANCE_NOT_AVAILABLE: {
    readonly instanceId: string;
    readonly status: InstanceStatus;
    readonly operation: InstanceOperation;
  };
  BACKUP_IN_PROGRESS: {
    readonly instanceId: string;
    readonly backupId: string | null;
    readonly operation: InstanceOperation;
  };
  BACKUP_NOT_CANCELLABLE: { readonly backupId: string; readonly status: BackupStatus };
  BACKUP_NOT_DELETABLE: { readonly backupId: string; readonly obstacle: DeleteObstacle };
  BACKUP_NOT_RESTORABLE: { readonly backupId: string; readonly reason: string };
  BACKUP_NOT_VERIFIABLE: { readonly backupId: string; readonly reason: string };
  RESTORE_NOT_FOUND: { readonly restoreId: string };
  RESTORE_TARGET_EXISTS: { readonly instanceId: string; readonly databases: readonly string[] };
  BACKUP_NAME_TAKEN: { readonly name: string; readonly backupId: string | null };
  INSTANCE_NAME_TAKEN: { readonly name: string; readonly instanceId: string | null };
  INSTANCE_UNREACHABLE: { readonly endpoint: string; readonly reason: string };
  CLIENT_TOOL_MISSING: {
    /** As in "pg_dump 15 or newer". */
    readonly needed: string;
    /** Programs of that name that are there, each with its version and path. */
    readonly found: readonly string[];
    /** What to install, a sentence. */
    readonly advice: string;
  };
  QUERY_TOO_COMPLEX: { readonly limit: number; readonly measure: string };
  SERVICE_OVERLOADED: { readonly reason: string };
  SERVICE_SHUTTING_DOWN: object;
}

export type ErrorCode = keyof ErrorDetails;

interface ErrorKind<C extends ErrorCode> {
  /** Whether the same call may succeed later without being changed. */
  readonly retryable: boolean;
  readonly message: (details: ErrorDetails[C]) => string;
}

const WANTED: Readonly<Record<InstanceOperation, string>> = {
  CREATE_BACKUP: 'backed up',
  UPDATE_INSTANCE: 'changed',
  RESTORE_BACKUP: 'restored to',
  DELETE_INSTANCE: 'deleted',
};

function toNotAvailable(status: InstanceStatus, operation: InstanceOperation): string {
  switch (operation) {
    case 'CREATE_BACKUP':
      return `A backup can only be created for an available DB instance; this one is ${status}.`;
    case 'RESTORE_BACKUP':
      return `A backup can only be restored to an available DB instance; this one is ${status}.`;
    case 'UPDATE_INSTANCE':
    case 'DELETE_INSTANCE':
      return `The instance cannot be ${WANTED[operation]} while it is ${status}. Try again once that has ended.`;
  }
}

const OBSTACLES: Readonly<Record<DeleteObstacle, string>> = {
  BUILDING: 'it is still being created. Cancel it first.',
  DELETING: 'it is being deleted already.',
  AUTOMATED: 'it is an automated one: those go by the retention of their backup policy.',
  BEING_RESTORED: 'it is being restored. Try again once the restore has ended.',
  BEING_VERIFIED: 'it is being verified. Try again once the verification has ended.',
};

export const ERRORS: { readonly [C in ErrorCode]: ErrorKind<C> } = {
  BAD_USER_INPUT: {
    retryable: false,
    message: ({ fields }) => fields.map((field) => field.message).join(' '),
  },
  INSTANCE_NOT_FOUND: {
    retryable: false,
    message: ({ instanceId }) => `There is no instance with the id ${instanceId}.`,
  },
  BACKUP_NOT_FOUND: {
    retryable: false,
    message: ({ backupId }) => `There is no backup with the id ${backupId}.`,
  },
  DATABASE_NOT_FOUND: {
    retryable: false,
    message: ({ databases, where }) => {
      const names = databases.map((name) => JSON.stringify(name)).join(', ');
      return where === 'instance'
        ? `The instance has no database named ${names}. Instance.databases lists those that it has.`
        : `The backup holds no database named ${names}. Backup.databases lists those that it holds.`;
    },
  },
  DATABASE_NOT_AVAILABLE: {
    retryable: true,
    message: ({ databases }) =>
      databases
        .map(({ name, reason }) => `The database ${JSON.stringify(name)} cannot be backed up now: ${reason}`)
        .join(' '),
  },
  INSTANCE_NOT_PRIMARY: {
    retryable: false,
    message: ({ role, operation }) =>
      operation === 'CREATE_BACKUP'
        ? `A backup can only be created for a primary DB instance; this one is a ${role}.`
        : `A backup can only be restored to a primary DB instance; this one is a ${role}.`,
  },
  INSTANCE_NOT_AVAILABLE: {
    retryable: true,
    message: ({ status, operation }) => toNotAvailable(status, operation),
  },
  BACKUP_IN_PROGRESS: {
    retryable: true,
    message: ({ operation }) =>
      operation === 'CREATE_BACKUP'
        ? 'You cannot create a backup for a DB instance that is being backed up or for which a backup is already being created.'
        : `The instance cannot be ${WANTED[operation]} while it is being backed up. Try again once the backup has ended, or cancel it.`,
  },
  BACKUP_NOT_CANCELLABLE: {
    retryable: false,
    message: ({ status }) => `Only a backup that is BUILDING can be cancelled; this one is ${status}.`,
  },
  BACKUP_NOT_DELETABLE: {
    retryable: true,
    message: ({ obstacle }) => `The backup cannot be deleted: ${OBSTACLES[obstacle]}`,
  },
  BACKUP_NOT_RESTORABLE: {
    retryable: false,
    message: ({ reason }) => `The backup cannot be restored: ${reason}`,
  },
  BACKUP_NOT_VERIFIABLE: {
    retryable: true,
    message: ({ reason }) => `The backup cannot be verified: ${reason}`,
  },
  RESTORE_NOT_FOUND: {
    retryable: false,
    message: ({ restoreId }) => `There is no restore with the id ${restoreId}.`,
  },
  RESTORE_TARGET_EXISTS: {
    retryable: false,
    message: ({ databases }) =>
      `The instance already has ${databases.map((name) => JSON.stringify(name)).join(', ')}. Restore under another name, or set overwrite to replace what is there.`,
  },
  BACKUP_NAME_TAKEN: {
    retryable: false,
    message: ({ name }) => `The project already has a backup named ${name}. Choose another name.`,
  },
  INSTANCE_NAME_TAKEN: {
    retryable: false,
    message: ({ name }) => `The project already has an instance named ${name}. Choose another name.`,
  },
  INSTANCE_UNREACHABLE: {
    retryable: true,
    message: ({ endpoint, reason }) => `The instance at ${endpoint} cannot be used: ${reason}`,
  },
  CLIENT_TOOL_MISSING: {
    retryable: false,
    message: ({ needed, found, advice }) =>
      `Backing this instance up takes ${needed}; this server's machine has ${found.length === 0 ? 'none' : `only ${found.join(', ')}`}. ${advice}`,
  },
  QUERY_TOO_COMPLEX: {
    retryable: false,
    message: ({ measure, limit }) =>
      `The operation exceeds the limit of ${limit.toString()} ${measure}. Ask for less in one operation.`,
  },
  SERVICE_OVERLOADED: {
    retryable: true,
    message: ({ reason }) => reason,
  },
  SERVICE_SHUTTING_DOWN: {
    retryable: true,
    message: () => 'The server is shutting down and takes no new work. Try again once it is back.',
  },
};

/** An error that a user can meet. The table above holds every code, its details, and its sentence. */
export class DomainError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'DomainError';
  readonly code: C;
  readonly details: ErrorDetails[C];
  readonly retryable: boolean;

  constructor(code: C, details: ErrorDetails[C], options?: ErrorOptions) {
    super(ERRORS[code].message(details), options);
    this.code = code;
    this.details = details;
    this.retryable = ERRORS[code].retryable;
  }
}

export function isDomainError(error: unknown): error is DomainError {
  return error instanceof DomainError;
}

export function badUserInput(path: string, rule: string, message: string): DomainError<'BAD_USER_INPUT'> {
  return new DomainError('BAD_USER_INPUT', { fields: [{ path, rule, message }] });
}

/** The text of whatever was thrown, for logs and for failures' messages. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

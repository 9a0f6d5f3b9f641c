/** A database product that the service knows how to back up. MySQL and MariaDB are told apart at the probe. */
export enum Engine {
  SQLITE = 'SQLITE',
  POSTGRESQL = 'POSTGRESQL',
  MYSQL = 'MYSQL',
  MARIADB = 'MARIADB',
  SQLSERVER = 'SQLSERVER',
}

export enum InstanceStatus {
  AVAILABLE = 'AVAILABLE',
  BACKING_UP = 'BACKING_UP',
  RESTORING = 'RESTORING',
  ABNORMAL = 'ABNORMAL',
}

/** Only a PRIMARY can be backed up (source document, method 3). */
export enum InstanceRole {
  PRIMARY = 'PRIMARY',
  STANDBY = 'STANDBY',
  READ_REPLICA = 'READ_REPLICA',
}

/** What instances can be listed by. */
export enum InstanceOrderField {
  NAME = 'NAME',
  CREATED_AT = 'CREATED_AT',
}

/** A database instance that an operator runs and has registered. Its credentials are kept apart, sealed. */
export interface Instance {
  readonly id: string;
  /** Unique in its project, case-sensitive; follows the rule of backup names. */
  readonly name: string;
  readonly project: string;
  readonly region: string;
  readonly engine: Engine;
  readonly engineVersion: string;
  readonly role: InstanceRole;
  readonly status: InstanceStatus;
  /** Why the status is what it is, for an operator; null while there is nothing to say. */
  readonly statusReason: string | null;
  /** Where it is, without credentials. */
  readonly endpoint: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One status transition, as the durable event log keeps it. */
export interface StatusChange {
  /** Decimal cursor; ids grow in commit order. */
  readonly id: string;
  readonly instanceId: string;
  /** Null only in the synthetic first message of a subscription, which is no transition. */
  readonly previousStatus: InstanceStatus | null;
  readonly status: InstanceStatus;
  readonly reason: string | null;
  readonly backupId: string | null;
  readonly occurredAt: Date;
}

/** The cursor before the first event. */
export const FIRST_CURSOR = '0';

const LEGAL_TRANSITIONS: Readonly<Record<InstanceStatus, readonly InstanceStatus[]>> = {
  [InstanceStatus.AVAILABLE]: [InstanceStatus.BACKING_UP, InstanceStatus.RESTORING, InstanceStatus.ABNORMAL],
  [InstanceStatus.BACKING_UP]: [InstanceStatus.AVAILABLE, InstanceStatus.ABNORMAL],
  [InstanceStatus.RESTORING]: [InstanceStatus.AVAILABLE, InstanceStatus.ABNORMAL],
  [InstanceStatus.ABNORMAL]: [InstanceStatus.AVAILABLE],
};

export function canInstanceMove(from: InstanceStatus, to: InstanceStatus): boolean {
  return LEGAL_TRANSITIONS[from].includes(to);
}

/** What a caller did, or wanted to do. */
export enum AuditAction {
  REGISTER_INSTANCE = 'REGISTER_INSTANCE',
  UPDATE_INSTANCE = 'UPDATE_INSTANCE',
  DELETE_INSTANCE = 'DELETE_INSTANCE',
  SET_BACKUP_POLICY = 'SET_BACKUP_POLICY',
  CREATE_BACKUP = 'CREATE_BACKUP',
  CANCEL_BACKUP = 'CANCEL_BACKUP',
  VERIFY_BACKUP = 'VERIFY_BACKUP',
  DOWNLOAD_BACKUP = 'DOWNLOAD_BACKUP',
  DELETE_BACKUP = 'DELETE_BACKUP',
  RESTORE_BACKUP = 'RESTORE_BACKUP',
}

/** What came of it. What takes its time is ACCEPTED first; how it ended is an event of its own. */
export enum AuditOutcome {
  ACCEPTED = 'ACCEPTED',
  COMPLETED = 'COMPLETED',
  FAILED = 'FAILED',
  REFUSED = 'REFUSED',
}

/** What audit events can be listed by. */
export enum AuditEventOrderField {
  OCCURRED_AT = 'OCCURRED_AT',
}

/** Who did what, when, with what outcome. Events are only ever added. */
export interface AuditEvent {
  /** Decimal; grows with time. */
  readonly id: string;
  readonly occurredAt: Date;
  /** Name of the caller; of work that nobody asked for, or that has ended by itself, "server". */
  readonly caller: string;
  /** Null when no request was behind it. */
  readonly requestId: string | null;
  readonly action: AuditAction;
  readonly outcome: AuditOutcome;
  /** The error's code when REFUSED, the failure's when FAILED; otherwise null. */
  readonly code: string | null;
  /** What it was about; null where there was none. Ids are kept when what they name is gone. */
  readonly instanceId: string | null;
  readonly backupId: string | null;
  readonly restoreId: string | null;
  /** A sentence with the names; holds no secret. Null when there is nothing to add. */
  readonly details: string | null;
}

/** An event that is still to be written down. */
export type NewAuditEvent = Pick<AuditEvent, 'action' | 'outcome' | 'occurredAt' | 'caller'> &
  Partial<Omit<AuditEvent, 'id'>>;

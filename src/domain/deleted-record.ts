/** What can be deleted. */
export enum RecordKind {
  INSTANCE = 'INSTANCE',
  BACKUP = 'BACKUP',
}

/** What is gone. */
export interface DeletedRecord {
  readonly kind: RecordKind;
  readonly id: string;
}

/** A database inside an instance, as the instance itself lists it now. */
export interface Database {
  readonly name: string;
  /** Bytes that it takes on the instance; an estimate for some engines. */
  readonly sizeBytes: number;
  /** System databases are backed up by default and are never selectable one by one. */
  readonly system: boolean;
}

/** A database inside an instance, as the instance itself lists it now. */
export interface Database {
  readonly name: string;
  /** Bytes that it takes on the instance; an estimate for some engines. */
  readonly sizeBytes: number;
  /** System databases are backed up by default and are never selectable one by one. */
  readonly system: boolean;
  /** Why it cannot be backed up now, a clause that ends with a full stop; left out when it can be. */
  readonly unavailableReason?: string;
  /** Set where that ought not to be, as when its files are damaged: a backup of all databases fails over it rather than leave it out. */
  readonly isBroken?: true;
}

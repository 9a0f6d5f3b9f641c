import type { Readable } from 'node:stream';
import type { SqlServerConnection } from './connection.js';
import type { ServerFacts } from './server-facts.js';
import type { SqlServer } from './url.js';

/**
 * Where the server leaves backup files for us, and finds those that it is to restore: a place that both reach, each by its
 * own name. Files are there for as long as one dump or restore needs them.
 */
export interface Exchange {
  /** Why the server cannot use the place: a clause; null when it can. */
  findFault(facts: ServerFacts): string | null;
  /** A file of that name, which need not be there. */
  file(name: string): ExchangeFile;
  /** Names of all that is there, or was given to the server, and may be ours. */
  list(connection: SqlServerConnection): Promise<readonly string[]>;
  /** Gives the server what it needs to reach the file of that name. */
  grant(connection: SqlServerConnection, name: string): Promise<void>;
  /** Takes back what was given, on a connection of its own. Does nothing when nothing was. */
  revoke(server: SqlServer, name: string): Promise<void>;
  /** What BACKUP takes behind WITH to begin a new file there. */
  toNewFileOptions(facts: Pick<ServerFacts, 'compresses'>): readonly string[];
}

export interface ExchangeFile {
  readonly name: string;
  /** As BACKUP and RESTORE name it: `DISK = N'…'` or `URL = N's3://…'`. */
  readonly device: string;
  /** What the statements about the file take behind WITH, beside what they are to do. */
  readonly backupOptions: readonly string[];
  readonly restoreOptions: readonly string[];
  /** What to check where the server has written it, and it is not there: a clause. */
  readonly missingReason: string;
  /** Bytes; null when it is not there. */
  findSize(): Promise<number | null>;
  /** @param signal destroys the stream with an AbortError */
  read(signal: AbortSignal): Promise<Readable>;
  /** What the content throws comes through unchanged. */
  write(content: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>;
  /** Does nothing when it is not there. */
  remove(): Promise<void>;
}

/** The place cannot be used. The reason is a clause for the operator, without secrets. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly isFull: boolean;

  constructor(reason: string, options?: ErrorOptions & { readonly isFull?: boolean }) {
    super(reason, options);
    this.isFull = options?.isFull ?? false;
  }
}

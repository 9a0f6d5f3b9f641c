import type { Exchange, ExchangeFile } from './exchange.js';
import type { ServerFacts } from './server-facts.js';
import { quoteIdentifier, quoteText } from './quote.js';

/** NAME of a backup set: BACKUP (Transact-SQL). */
const MAX_SET_NAME_LENGTH = 128;

interface BackupOrder {
  readonly database: string;
  readonly file: ExchangeFile;
  readonly exchange: Exchange;
  readonly facts: Pick<ServerFacts, 'compresses'>;
}

/**
 * COPY_ONLY keeps the site's own chain of differential backups as it is; CHECKSUM finds damaged pages while they are read.
 * The description of a backup is not passed on: it may be longer than the server takes.
 */
export function toBackupStatement({ database, file, exchange, facts }: BackupOrder): string {
  const options = [
    'COPY_ONLY',
    'CHECKSUM',
    facts.compresses ? 'COMPRESSION' : 'NO_COMPRESSION',
    ...exchange.toNewFileOptions(facts),
    'STATS = 5',
    `NAME = ${quoteText(`rds-backup-server ${database}`.slice(0, MAX_SET_NAME_LENGTH))}`,
    ...file.backupOptions,
  ];
  return `BACKUP DATABASE ${quoteIdentifier(database)} TO ${file.device} WITH ${options.join(', ')}`;
}

/** Reads all of the file on the server, and every checksum in it. */
export function toVerifyStatement(file: ExchangeFile): string {
  return `RESTORE VERIFYONLY FROM ${file.device} WITH ${['CHECKSUM', ...file.restoreOptions].join(', ')}`;
}

export function toFileListStatement(file: ExchangeFile): string {
  const options = file.restoreOptions.length === 0 ? '' : ` WITH ${file.restoreOptions.join(', ')}`;
  return `RESTORE FILELISTONLY FROM ${file.device}${options}`;
}

/** A file of a database to be, and where it is to be. */
export interface Move {
  readonly logicalName: string;
  readonly path: string;
}

/** To a database that is not there: nothing is ever replaced while it is being restored. */
export function toRestoreStatement(database: string, file: ExchangeFile, moves: readonly Move[]): string {
  const options = [
    ...moves.map(({ logicalName, path }) => `MOVE ${quoteText(logicalName)} TO ${quoteText(path)}`),
    'CHECKSUM',
    'RECOVERY',
    'STATS = 5',
    ...file.restoreOptions,
  ];
  return `RESTORE DATABASE ${quoteIdentifier(database)} FROM ${file.device} WITH ${options.join(', ')}`;
}

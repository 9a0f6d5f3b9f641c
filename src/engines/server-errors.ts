import { BackupFailureCode } from '../domain/backup.js';
import { DomainError, messageOf } from '../domain/errors.js';
import { BackupFailedError } from '../domain/failure.js';
import { EngineUnreachableError } from './database-engine.js';

/** Nothing came back in time. */
export class NoAnswerError extends Error {
  /** @param isConnected whether there was a connection at all */
  constructor(readonly isConnected: boolean) {
    super('no answer');
  }
}

export const FIREWALL =
  'Check address and port, that the server is up, and that no firewall drops the connection on its way.';
const CUT = 'the connection was cut. The server may have been stopped, or something on the way has cut it; try again.';

/** By the code of Node's error: why there is no connection to a server of any product, in words that an operator can act on. */
export const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its host name is not known. Check the name in the URL.',
  EAI_AGAIN: 'its host name cannot be looked up now: the name server does not answer. Try again.',
  EHOSTUNREACH: `its host cannot be reached. ${FIREWALL}`,
  ENETUNREACH: `its network cannot be reached. ${FIREWALL}`,
  EADDRNOTAVAIL: `its address cannot be reached from here. ${FIREWALL}`,
  ETIMEDOUT: `the connection was not answered in time. ${FIREWALL}`,
  ECONNRESET: CUT,
  EPIPE: CUT,
  EACCES: "this server may not use the server's Unix socket. Give its user write permission on it.",
};

export function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** @returns the error to throw when a database could not be begun to be dumped */
export function toDumpFailure(error: unknown, database: string): unknown {
  const sentence = `Database ${database} cannot be dumped: ${messageOf(error)}`;
  if (error instanceof EngineUnreachableError) {
    return new BackupFailedError(BackupFailureCode.ENGINE_UNREACHABLE, sentence, { cause: error });
  }
  if (error instanceof DomainError) {
    return new BackupFailedError(BackupFailureCode.DUMP_FAILED, sentence, { cause: error });
  }
  return error;
}

import type { BackupFailureCode } from './backup.js';

/**
 * Work on a backup has failed for a reason that an operator can act on. Engines, stores and the runner throw it;
 * the runner turns it into `Backup.failure`. The message is a whole sentence and holds no secret.
 */
export class BackupFailedError extends Error {
  override readonly name = 'BackupFailedError';
  readonly code: BackupFailureCode;

  constructor(code: BackupFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

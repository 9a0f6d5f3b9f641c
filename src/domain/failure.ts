import type { BackupFailureCode } from './backup.js';
import type { RestoreFailureCode } from './restore.js';

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

/**
 * Work on a restore has failed for a reason that an operator can act on. Engines and the runner throw it; the runner turns
 * it into `Restore.failure`. The message is a whole sentence and holds no secret.
 */
export class RestoreFailedError extends Error {
  override readonly name = 'RestoreFailedError';
  readonly code: RestoreFailureCode;

  constructor(code: RestoreFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

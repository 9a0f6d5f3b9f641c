import { ArtifactNotFoundError, ArtifactStoreError } from '../artifacts/artifact-store.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { BackupFailure } from '../domain/backup.js';
import { BackupFailedError, RestoreFailedError } from '../domain/failure.js';
import { DomainError } from '../domain/errors.js';
import { RestoreFailureCode } from '../domain/restore.js';
import type { RestoreFailure } from '../domain/restore.js';
import { EngineUnreachableError } from '../engines/database-engine.js';

/** What ended a backup, in words for the operator. The log has the rest. */
export function toFailure(error: unknown, occurredAt: Date): BackupFailure {
  const { code, message } = toKnown(error);
  return { code, message, occurredAt };
}

export function cancelled(): BackupFailedError {
  return new BackupFailedError(BackupFailureCode.CANCELLED, 'The backup was cancelled by a user.');
}

/** What ended a restore, in words for the operator. */
export function toRestoreFailure(error: unknown, occurredAt: Date): RestoreFailure {
  const { code, message } = toKnownOfRestore(error);
  return { code, message, occurredAt };
}

function toKnownOfRestore(error: unknown): RestoreFailedError {
  if (error instanceof RestoreFailedError) return error;
  const { code, message } = toKnown(error);
  switch (code) {
    case BackupFailureCode.DUMP_FAILED:
    case BackupFailureCode.CANCELLED:
      return new RestoreFailedError(
        RestoreFailureCode.RESTORE_FAILED,
        isExpected(error)
          ? message
          : "The restore met an error that it does not know. The server's log has the details, under the id of the restore.",
      );
    case BackupFailureCode.ENGINE_UNREACHABLE:
    case BackupFailureCode.STORAGE_FULL:
    case BackupFailureCode.STORAGE_UNAVAILABLE:
    case BackupFailureCode.CHECKSUM_MISMATCH:
    case BackupFailureCode.STALLED:
    case BackupFailureCode.INTERRUPTED:
      return new RestoreFailedError(RestoreFailureCode[code], message);
  }
}

function isExpected(error: unknown): boolean {
  return error instanceof BackupFailedError;
}

function toKnown(error: unknown): BackupFailedError {
  if (error instanceof BackupFailedError) return error;
  if (error instanceof EngineUnreachableError || error instanceof DomainError) {
    return new BackupFailedError(BackupFailureCode.ENGINE_UNREACHABLE, `The instance cannot be used: ${error.message}`);
  }
  if (error instanceof ArtifactStoreError && error.isFull) {
    return new BackupFailedError(
      BackupFailureCode.STORAGE_FULL,
      `The artifact store is full (${error.message}). Free some space, or delete backups that are not needed.`,
    );
  }
  if (error instanceof ArtifactStoreError || error instanceof ArtifactNotFoundError) {
    return new BackupFailedError(
      BackupFailureCode.STORAGE_UNAVAILABLE,
      `The artifact store cannot be used (${error.message}). Check that it is there and can be read and written.`,
    );
  }
  return new BackupFailedError(
    BackupFailureCode.DUMP_FAILED,
    "The backup met an error that it does not know. The server's log has the details, under the id of the backup.",
  );
}

import type { Logger } from 'pino';
import { ArtifactNotFoundError } from '../artifacts/artifact-store.js';
import type { ArtifactStore } from '../artifacts/artifact-store.js';
import { toArtifact } from '../artifacts/manifest.js';
import type { ManifestArtifact } from '../artifacts/manifest.js';
import type { ArtifactPipeline } from '../artifacts/pipeline.js';
import type { Catalog } from '../catalog/catalog.js';
import { AuditAction } from '../domain/audit.js';
import { BackupFailureCode } from '../domain/backup.js';
import type { Artifact, Backup, TableRows } from '../domain/backup.js';
import type { Clock } from '../domain/clock.js';
import { messageOf } from '../domain/errors.js';
import { BackupFailedError, RestoreFailedError } from '../domain/failure.js';
import { RestoreFailureCode } from '../domain/restore.js';
import { VerificationLevel, VerificationStatus } from '../domain/verification.js';
import type { Verification } from '../domain/verification.js';
import { EngineUnreachableError } from '../engines/database-engine.js';
import type { StatusFeed } from '../events/status-feed.js';
import { toFile } from './artifact-file.js';
import type { AuditTrail } from './audit-trail.js';
import { compareTables, count, describeTables } from './compare-tables.js';
import type { ProofPlaces } from './proof-places.js';
import { readManifest } from './read-manifest.js';
import { FINISH_BYTES_PER_MS, toStagingId } from './restore-steps.js';
import type { RestoreSteps } from './restore-steps.js';
import { StallWatchdog } from './stall-watchdog.js';
import { untilStopped } from './stoppable.js';
import { toFailure } from './to-failure.js';

/** A verification to make. */
export interface VerificationWork {
  /** Of the backup. */
  readonly id: string;
  readonly level: VerificationLevel;
}

interface RunVerificationDeps {
  readonly catalog: Catalog;
  readonly store: ArtifactStore;
  readonly pipeline: ArtifactPipeline;
  readonly steps: RestoreSteps;
  readonly places: ProofPlaces;
  readonly audit: AuditTrail;
  readonly feed: StatusFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Lease owner in whose name verifications are made. */
  readonly serverId: string;
  readonly stallTimeoutMs: number;
}

/** What was found wrong with a backup. The message is a whole sentence for the operator. */
class FaultFound extends Error {}

/** What keeps a verification from being made. The message is a whole sentence for the operator. */
class Obstacle extends Error {}

interface Work {
  readonly backup: Backup;
  readonly watchdog: StallWatchdog;
  readonly signal: AbortSignal;
}

interface Step extends Work {
  readonly artifact: ManifestArtifact;
}

/** Does the work of one verification, and writes down what was found. */
export class RunVerification {
  readonly #deps: RunVerificationDeps;

  constructor(deps: RunVerificationDeps) {
    this.#deps = deps;
  }

  /** Rejects when it is stopped: whoever comes next makes it again. */
  async run({ id: backupId, level }: VerificationWork, { signal }: AbortController): Promise<void> {
    const { catalog, clock, logger } = this.#deps;
    const backup = await catalog.backups.find(backupId);
    if (backup === null) return;
    const startedAt = clock();
    let status = VerificationStatus.PASSED;
    let details: string;
    try {
      signal.throwIfAborted();
      details = await this.#verifyMoving(backup, level, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      status = isFinding(error) ? VerificationStatus.FAILED : VerificationStatus.INCONCLUSIVE;
      details = explain(error, clock());
      logger.warn({ backupId, level, status, err: error }, 'verification has not passed');
    }
    await this.#end(backup, { backupId, level, status, startedAt, verifiedAt: clock(), details });
  }

  async #end({ name, instanceId }: Backup, verification: Verification): Promise<void> {
    const { catalog, feed, audit, serverId } = this.#deps;
    const { backupId, level, status } = verification;
    const code = status === VerificationStatus.PASSED ? null : `VERIFICATION_${status}`;
    const details = `Backup ${name}, level ${level}: ${verification.details ?? ''}`;
    await catalog.transaction(async ({ verifications, auditLog }) => {
      if (!(await verifications.end(verification, serverId))) return;
      const subject = { action: AuditAction.VERIFY_BACKUP, backupId, instanceId, details };
      await auditLog.append(audit.end(subject, code));
    });
    feed.publish({ kind: 'backup', backupId });
  }

  /** One that hangs must hold up neither those that wait behind it nor the backup. */
  async #verifyMoving(backup: Backup, level: VerificationLevel, stop: AbortSignal): Promise<string> {
    const { stallTimeoutMs } = this.#deps;
    const stalling = new AbortController();
    using watchdog = new StallWatchdog(stallTimeoutMs, () => {
      stalling.abort(stalled(stallTimeoutMs));
    });
    const signal = AbortSignal.any([stop, stalling.signal]);
    try {
      return await untilStopped(this.#verify({ backup, watchdog, signal }, level), signal);
    } catch (error) {
      throw stalling.signal.aborted ? stalling.signal.reason : error;
    }
  }

  /** @returns what was found, sentences; throws what is wrong */
  async #verify(work: Work, level: VerificationLevel): Promise<string> {
    const artifacts = await this.#readManifest(work);
    // Before anything is loaded anywhere: damage is to be found here, and not by a server.
    for (const artifact of artifacts) await this.#checkBytes({ ...work, artifact });
    const files = `The manifest and ${count(artifacts.length, 'file')} are as they were written`;
    if (level === VerificationLevel.CHECKSUM) return `${files}.`;
    const isProof = level === VerificationLevel.RESTORE;
    const restored = artifacts.filter(({ contents }) => isProof && contents !== null);
    for (const artifact of artifacts) {
      if (!restored.includes(artifact)) await this.#checkFormat({ ...work, artifact });
    }
    if (!isProof) return `${files}, and each file is a whole dump.`;
    for (const artifact of restored) await this.#prove({ ...work, artifact });
    const tables = restored.flatMap(({ contents }) => contents?.tables ?? []);
    return `Restored into scratch databases: ${count(restored.length, 'database')}, ${describeTables(tables)}.`;
  }

  async #readManifest({ backup, signal }: Work): Promise<readonly ManifestArtifact[]> {
    const { catalog, store } = this.#deps;
    const manifest = await readManifest(store, { project: backup.project, backupId: backup.id }, signal);
    if (manifest === null) throw new FaultFound('The manifest is not what was written. Take a new backup.');
    const [databases = []] = await catalog.backups.findDatabases([backup.id]);
    const known = databases.map(({ artifact }) => artifact).filter((artifact) => artifact !== null);
    if (toKey(known) !== toKey(manifest.artifacts.map(toArtifact))) {
      throw new FaultFound('The manifest names other files than the catalog does: it is of another backup.');
    }
    return manifest.artifacts;
  }

  async #checkBytes({ backup, artifact, watchdog, signal }: Step): Promise<void> {
    await this.#deps.pipeline.checkStored({
      file: toFile(backup, artifact.path),
      artifact: toArtifact(artifact),
      onBytes: () => {
        watchdog.touch();
      },
      signal,
    });
  }

  async #checkFormat({ backup, artifact, watchdog, signal }: Step): Promise<void> {
    const { pipeline, places } = this.#deps;
    const engine = await places.findEngine(backup);
    if (engine === null) throw new Obstacle(`This server has no engine that reads backups of ${backup.engine}.`);
    await pipeline.verifyStored({
      file: toFile(backup, artifact.path),
      artifact: toArtifact(artifact),
      check: (content) => engine.checkFormat(artifact.format, content, signal),
      onBytes: () => {
        watchdog.touch();
      },
      signal,
    });
  }

  async #prove({ backup, artifact, watchdog, signal }: Step): Promise<void> {
    const { steps, places } = this.#deps;
    const place = await places.find(backup);
    if (place === null) throw new Obstacle('Its instance is gone, and there is no other server to restore it to.');
    const dump = steps.toDump({
      ...{ backup, artifact, signal },
      onBytes: () => {
        watchdog.touch();
      },
      onRead: () => {
        watchdog.allow(artifact.originalBytes / FINISH_BYTES_PER_MS);
      },
    });
    const stagingId = toStagingId(`proof ${backup.id}`, artifact.database);
    const found: readonly TableRows[] = await steps.inScratch(backup.id, (scratchDir) =>
      place.engine.proveRestore({ url: place.url, stagingId, scratchDir, signal }, dump),
    );
    const difference = compareTables(artifact.contents?.tables ?? [], found);
    if (difference !== null) {
      throw new FaultFound(`Database ${artifact.database} was restored with other content than it had: ${difference}.`);
    }
  }
}

function stalled(timeoutMs: number): Obstacle {
  const found = `Nothing has moved for ${(timeoutMs / 1000).toString()} s, so that it was given up.`;
  return new Obstacle(`${found} Check the artifact store, and the server that is restored to, then verify again.`);
}

/** Whether an error says something about the backup, and not about the store or the server that it was to be tried with. */
function isFinding(error: unknown): boolean {
  if (error instanceof RestoreFailedError) return error.code === RestoreFailureCode.RESTORE_FAILED;
  if (error instanceof BackupFailedError) {
    return error.code === BackupFailureCode.CHECKSUM_MISMATCH || error.code === BackupFailureCode.DUMP_FAILED;
  }
  return error instanceof FaultFound || error instanceof ArtifactNotFoundError;
}

function toKey(artifacts: readonly Artifact[]): string {
  const lines = artifacts.map(({ path, sha256, storedBytes, originalBytes, database, system }) =>
    JSON.stringify([path, sha256, storedBytes, originalBytes, database, system]),
  );
  return lines.sort().join('\n');
}

function explain(error: unknown, at: Date): string {
  const isOurs = [FaultFound, Obstacle, RestoreFailedError].some((kind) => error instanceof kind);
  if (isOurs) return messageOf(error);
  if (error instanceof ArtifactNotFoundError) return `A file of the backup is gone: ${messageOf(error)}.`;
  if (error instanceof EngineUnreachableError) {
    return `It could not be tried out: the server to restore to cannot be used: ${error.message}`;
  }
  return error instanceof BackupFailedError ? error.message : toFailure(error, at).message;
}

import { In } from 'typeorm';
import { BackupPhase, BackupStatus } from '../domain/backup.js';
import type { Artifact, Backup, BackupProgress, Lease } from '../domain/backup.js';
import { BackupQueries } from './backup-queries.js';
import type { BackupWriter, CompletedBackup, FailedBackup } from './catalog.js';
import { translateUniqueViolation } from './dialect.js';
import { withoutNul } from './keyset.js';
import { toBackupRow } from './rows.js';
import { BackupDatabaseSchema, BackupSchema } from './schemas.js';
import type { BackupDatabaseRow, BackupRow } from './schemas.js';

/** Which BUILDING backup, held by whom, may be written to. */
interface Held {
  readonly backupId: string;
  readonly owner?: string;
  readonly isCondemned?: false;
}

/** Rows inserted by one statement: databases limit its parameters (SQLite to 32,766, PostgreSQL to 65,535). */
const INSERT_BATCH = 500;

export class BackupRepository extends BackupQueries implements BackupWriter {
  async insertFound(backup: Backup, artifacts: readonly Artifact[]): Promise<void> {
    await this.insert(backup, { owner: '', expiresAt: new Date(0) });
    await this.#insertArtifacts(backup.id, artifacts);
  }

  async hold(backupId: string): Promise<boolean> {
    // An update that changes nothing: PostgreSQL locks the row for it, and SQLite has one writer.
    const condition = { id: withoutNul(backupId), status: BackupStatus.COMPLETED };
    const update = await this.manager.update(BackupSchema, condition, { status: BackupStatus.COMPLETED });
    return update.affected === 1;
  }

  async beginDelete(backupId: string): Promise<boolean> {
    const update = await this.manager.update(
      BackupSchema,
      { id: withoutNul(backupId), status: In([BackupStatus.COMPLETED, BackupStatus.FAILED]) },
      { status: BackupStatus.DELETING },
    );
    return update.affected === 1;
  }

  async remove(backupId: string): Promise<boolean> {
    const removal = await this.manager.delete(BackupSchema, { id: backupId, status: BackupStatus.DELETING });
    return removal.affected === 1;
  }

  async insert(backup: Backup, lease: Lease): Promise<void> {
    await translateUniqueViolation(() => this.manager.insert(BackupSchema, toBackupRow(backup, lease)));
  }

  async setDatabases(backupId: string, databases: readonly { name: string; system: boolean }[]): Promise<void> {
    await this.manager.delete(BackupDatabaseSchema, { backupId });
    await this.#insertDatabases(databases.map(({ name, system }) => ({ backupId, name, system })));
  }

  async setProgress(backupId: string, owner: string, progress: BackupProgress): Promise<boolean> {
    return this.#update({ backupId, owner }, progress);
  }

  async renewLeases(backupIds: readonly string[], lease: Lease): Promise<number> {
    if (backupIds.length === 0) return 0;
    const update = await this.manager
      .createQueryBuilder()
      .update(BackupSchema)
      .set({ leaseExpiresAt: lease.expiresAt.getTime() })
      .where('id IN (:...backupIds)', { backupIds })
      .andWhere('lease_owner = :owner', { owner: lease.owner })
      .andWhere(`status = '${BackupStatus.BUILDING}'`)
      .execute();
    return update.affected ?? 0;
  }

  async takeOver(backupId: string, from: Lease, to: Lease): Promise<boolean> {
    const update = await this.manager.update(
      BackupSchema,
      {
        id: backupId,
        status: BackupStatus.BUILDING,
        leaseOwner: from.owner,
        leaseExpiresAt: from.expiresAt.getTime(),
      },
      { leaseOwner: to.owner, leaseExpiresAt: to.expiresAt.getTime() },
    );
    return update.affected === 1;
  }

  async condemn(backupId: string, owner: string): Promise<boolean> {
    return this.#update({ backupId, owner }, { isCondemned: true });
  }

  async cancel(backupId: string): Promise<boolean> {
    return this.#update(
      { backupId: withoutNul(backupId), isCondemned: false },
      { isCondemned: true, isCancelled: true },
    );
  }

  async complete(backupId: string, owner: string, { artifacts, completedAt }: CompletedBackup): Promise<boolean> {
    const sizeBytes = sum(artifacts.map((artifact) => artifact.originalBytes));
    // The size on the instance was an estimate; where it was too high, progress must not fall back to the true one.
    const before = await this.find(backupId);
    const bytesDone = Math.max(sizeBytes, before?.progress.bytesDone ?? 0);
    const isMoved = await this.#update(
      { backupId, owner, isCondemned: false },
      {
        status: BackupStatus.COMPLETED,
        phase: BackupPhase.DONE,
        bytesDone,
        bytesTotal: bytesDone,
        sizeBytes,
        storedBytes: sum(artifacts.map((artifact) => artifact.storedBytes)),
        completedAt: completedAt.getTime(),
        verifiedAt: completedAt.getTime(),
      },
    );
    if (!isMoved) return false;
    await this.setDatabases(backupId, []);
    await this.#insertArtifacts(backupId, artifacts);
    return true;
  }

  async fail(backupId: string, owner: string, { failure, isCleaned }: FailedBackup): Promise<boolean> {
    return this.#update(
      { backupId, owner },
      {
        status: BackupStatus.FAILED,
        phase: BackupPhase.DONE,
        completedAt: failure.occurredAt.getTime(),
        failureCode: failure.code,
        failureMessage: failure.message,
        isCleaned,
      },
    );
  }

  async markCleaned(backupId: string): Promise<void> {
    await this.manager.update(BackupSchema, { id: backupId }, { isCleaned: true });
  }

  async #insertArtifacts(backupId: string, artifacts: readonly Artifact[]): Promise<void> {
    await this.#insertDatabases(
      artifacts.map(({ database, ...artifact }) => ({ backupId, name: database, ...artifact })),
    );
  }

  async #insertDatabases(rows: readonly Partial<BackupDatabaseRow>[]): Promise<void> {
    for (let start = 0; start < rows.length; start += INSERT_BATCH) {
      await this.manager.insert(BackupDatabaseSchema, rows.slice(start, start + INSERT_BATCH));
    }
  }

  /** Compare-and-set of a BUILDING backup that `owner` holds, if one is given. */
  async #update(held: Held, changes: Partial<BackupRow>): Promise<boolean> {
    const { backupId: id, owner, ...more } = held;
    const holder = owner === undefined ? {} : { leaseOwner: owner };
    const condition = { id, status: BackupStatus.BUILDING, ...holder, ...more };
    const update = await this.manager.update(BackupSchema, condition, changes);
    return update.affected === 1;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

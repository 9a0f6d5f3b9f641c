import { In, Not } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { Lease } from '../domain/backup.js';
import { VerificationLevel, VerificationStatus } from '../domain/verification.js';
import type { Verification } from '../domain/verification.js';
import { toLease, toVerification } from './rows.js';
import { BackupSchema, VerificationSchema } from './schemas.js';
import type { LeasedVerification, VerificationWriter } from './verifications.js';

export class VerificationRepository implements VerificationWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async findMany(backupIds: readonly string[]): Promise<readonly (Verification | null)[]> {
    if (backupIds.length === 0) return [];
    const rows = await this.#manager.findBy(VerificationSchema, { backupId: In([...backupIds]) });
    const byBackup = new Map(rows.map((row) => [row.backupId, toVerification(row)]));
    return backupIds.map((id) => byBackup.get(id) ?? null);
  }

  async listRunning(): Promise<readonly LeasedVerification[]> {
    const rows = await this.#manager.findBy(VerificationSchema, { status: VerificationStatus.RUNNING });
    return rows.map((row) => ({ verification: toVerification(row), lease: toLease(row) }));
  }

  async begin(verification: Verification, lease: Lease): Promise<boolean> {
    const { backupId, level, status } = verification;
    const row = {
      level,
      status,
      details: null,
      startedAt: verification.startedAt.getTime(),
      verifiedAt: null,
      leaseOwner: lease.owner,
      leaseExpiresAt: lease.expiresAt.getTime(),
    };
    const condition = { backupId, status: Not(VerificationStatus.RUNNING) };
    if ((await this.#manager.update(VerificationSchema, condition, row)).affected === 1) return true;
    if ((await this.#manager.findOneBy(VerificationSchema, { backupId })) !== null) return false;
    await this.#manager.insert(VerificationSchema, { backupId, ...row, provedAt: null });
    return true;
  }

  async renewLeases(backupIds: readonly string[], lease: Lease): Promise<void> {
    if (backupIds.length === 0) return;
    const condition = { backupId: In([...backupIds]), leaseOwner: lease.owner, status: VerificationStatus.RUNNING };
    await this.#manager.update(VerificationSchema, condition, { leaseExpiresAt: lease.expiresAt.getTime() });
  }

  async takeOver(backupId: string, from: Lease, to: Lease): Promise<boolean> {
    const update = await this.#manager.update(
      VerificationSchema,
      {
        backupId,
        status: VerificationStatus.RUNNING,
        leaseOwner: from.owner,
        leaseExpiresAt: from.expiresAt.getTime(),
      },
      { leaseOwner: to.owner, leaseExpiresAt: to.expiresAt.getTime() },
    );
    return update.affected === 1;
  }

  async end(verification: Verification, owner: string): Promise<boolean> {
    const { backupId, level, status, details } = verification;
    const verifiedAt = verification.verifiedAt?.getTime() ?? null;
    const hasPassed = status === VerificationStatus.PASSED;
    const isProof = hasPassed && level === VerificationLevel.RESTORE;
    const update = await this.#manager.update(
      VerificationSchema,
      { backupId, status: VerificationStatus.RUNNING, leaseOwner: owner },
      { status, details, verifiedAt, ...(isProof ? { provedAt: verifiedAt } : {}) },
    );
    if (update.affected !== 1) return false;
    if (hasPassed) await this.#manager.update(BackupSchema, { id: backupId }, { verifiedAt });
    return true;
  }
}

import { LessThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { BackupStatus } from '../domain/backup.js';
import { VerificationStatus } from '../domain/verification.js';
import { ProofTrySchema, ScheduleSchema } from './policy-schemas.js';
import { BackupSchema, VerificationSchema } from './schemas.js';
import type { ScheduleWriter } from './schedules.js';

export class ScheduleRepository implements ScheduleWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async listProofQueue(limit: number): Promise<readonly string[]> {
    const [proved, tried] = ['COALESCE(v.proved_at, 0)', 'COALESCE(t.tried_at, 0)'];
    const rows = await this.#manager
      .createQueryBuilder(BackupSchema, 'b')
      .leftJoin(VerificationSchema.options.name, 'v', 'v.backup_id = b.id')
      .leftJoin(ProofTrySchema.options.name, 't', 't.backup_id = b.id')
      .select('b.id', 'id')
      .where(`b.status = '${BackupStatus.COMPLETED}'`)
      .andWhere(`(v.status IS NULL OR v.status <> '${VerificationStatus.RUNNING}')`)
      .orderBy(`CASE WHEN ${proved} > ${tried} THEN ${proved} ELSE ${tried} END`, 'ASC')
      .addOrderBy('b.started_at', 'ASC')
      .addOrderBy('b.id', 'ASC')
      .limit(limit)
      .getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  async begin(name: string, at: Date): Promise<void> {
    const row = { name, lastOccurrence: at.getTime() };
    await this.#manager.createQueryBuilder().insert().into(ScheduleSchema).values(row).orIgnore().execute();
  }

  async claim(name: string, occurrence: Date): Promise<boolean> {
    const lastOccurrence = occurrence.getTime();
    const condition = { name, lastOccurrence: LessThan(lastOccurrence) };
    const update = await this.#manager.update(ScheduleSchema, condition, { lastOccurrence });
    return update.affected === 1;
  }

  async noteProofTry(backupId: string, at: Date): Promise<boolean> {
    // An update that changes nothing: the backup cannot begin to go before its try is written down.
    const status = BackupStatus.COMPLETED;
    const holding = await this.#manager.update(BackupSchema, { id: backupId, status }, { status });
    if (holding.affected !== 1) return false;
    await this.#manager.upsert(ProofTrySchema, { backupId, triedAt: at.getTime() }, ['backupId']);
    return true;
  }
}

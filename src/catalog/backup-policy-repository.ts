import { In, LessThanOrEqual } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { BackupPolicy } from '../domain/backup-policy.js';
import type { BackupPolicyChanges, BackupPolicyWriter } from './backup-policies.js';
import { InstanceRepository } from './instance-repository.js';
import { withoutNul } from './keyset.js';
import { toBackupPolicy, toBackupPolicyRow } from './policy-rows.js';
import { BackupPolicySchema } from './policy-schemas.js';

export class BackupPolicyRepository implements BackupPolicyWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async findMany(instanceIds: readonly string[]): Promise<readonly (BackupPolicy | null)[]> {
    if (instanceIds.length === 0) return [];
    const rows = await this.#manager.findBy(BackupPolicySchema, { instanceId: In(instanceIds.map(withoutNul)) });
    const byInstance = new Map(rows.map((row) => [row.instanceId, toBackupPolicy(row)]));
    return instanceIds.map((id) => byInstance.get(id) ?? null);
  }

  async list(): Promise<readonly BackupPolicy[]> {
    const rows = await this.#manager.find(BackupPolicySchema, { order: { instanceId: 'ASC' } });
    return rows.map(toBackupPolicy);
  }

  async listDue(now: Date, limit: number): Promise<readonly BackupPolicy[]> {
    const rows = await this.#manager.find(BackupPolicySchema, {
      where: { dueAt: LessThanOrEqual(now.getTime()) },
      order: { dueAt: 'ASC', instanceId: 'ASC' },
      take: limit,
    });
    return rows.map(toBackupPolicy);
  }

  async insert(policy: Omit<BackupPolicy, 'revision'>): Promise<BackupPolicy | null> {
    // While the instance is held nobody else can add a policy to it, or delete it.
    const held = await new InstanceRepository(this.#manager).hold(policy.instanceId);
    const [existing = null] = await this.findMany([policy.instanceId]);
    if (held === null || existing !== null) return null;
    const first = { ...policy, revision: 1 };
    await this.#manager.insert(BackupPolicySchema, toBackupPolicyRow(first));
    return first;
  }

  async change(policy: BackupPolicy, changes: BackupPolicyChanges): Promise<BackupPolicy | null> {
    const { instanceId, revision } = policy;
    const changed = { ...policy, ...changes, revision: revision + 1 };
    const condition = { instanceId, revision };
    const update = await this.#manager.update(BackupPolicySchema, condition, toBackupPolicyRow(changed));
    return update.affected === 1 ? changed : null;
  }
}

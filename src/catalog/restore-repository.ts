import { In, Not } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Lease } from '../domain/backup.js';
import type { Page } from '../domain/page.js';
import { RestorePhase, RestoreStatus } from '../domain/restore.js';
import type { Restore, RestoreFailureCause } from '../domain/restore.js';
import { translateUniqueViolation } from './dialect.js';
import { applyKeyset, toPage, withoutNul } from './keyset.js';
import type { SortKey } from './keyset.js';
import type {
  EndedRestore,
  LeasedRestore,
  RestoreFilter,
  RestorePageRequest,
  RestoreProgress,
  RestoreWriter,
  TakenRestore,
} from './restores.js';
import { toLease, toRestore, toRestoreRow } from './rows.js';
import { RestoreSchema } from './schemas.js';
import type { RestoreRow } from './schemas.js';

const BY_START: SortKey<RestoreRow> = { column: 'started_at', type: 'number', valueOf: (row) => row.startedAt };

export class RestoreRepository implements RestoreWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async find(id: string): Promise<Restore | null> {
    const [restore] = await this.findMany([id]);
    return restore ?? null;
  }

  async findMany(ids: readonly string[]): Promise<readonly (Restore | null)[]> {
    if (ids.length === 0) return [];
    const rows = await this.#manager.findBy(RestoreSchema, { id: In(ids.map(withoutNul)) });
    const byId = new Map(rows.map((row) => [row.id, toRestore(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findActive(instanceIds: readonly string[]): Promise<readonly (Restore | null)[]> {
    if (instanceIds.length === 0) return [];
    const condition = { targetInstanceId: In([...instanceIds]), status: RestoreStatus.RUNNING };
    const rows = await this.#manager.findBy(RestoreSchema, condition);
    const byInstance = new Map(rows.map((row) => [row.targetInstanceId, toRestore(row)]));
    return instanceIds.map((id) => byInstance.get(id) ?? null);
  }

  async findOfBackup(backupId: string): Promise<readonly Restore[]> {
    const rows = await this.#manager.findBy(RestoreSchema, { backupId, status: RestoreStatus.RUNNING });
    return rows.map(toRestore);
  }

  async list(request: RestorePageRequest): Promise<Page<Restore>> {
    const query = this.#filtered(request.filter);
    applyKeyset(query, BY_START, request);
    return toPage(await query.getMany(), { sortKey: BY_START, request, toNode: toRestore });
  }

  async count(filter: RestoreFilter): Promise<number> {
    return this.#filtered(filter).getCount();
  }

  async listRunning(): Promise<readonly LeasedRestore[]> {
    const rows = await this.#manager.find(RestoreSchema, {
      where: { status: RestoreStatus.RUNNING },
      order: { startedAt: 'ASC' },
    });
    return rows.map((row) => ({ restore: toRestore(row), lease: toLease(row) }));
  }

  async listUncleaned(): Promise<readonly Restore[]> {
    const rows = await this.#manager.findBy(RestoreSchema, { status: Not(RestoreStatus.RUNNING), isCleaned: false });
    return rows.map(toRestore);
  }

  async insert(restore: Restore, lease: Lease): Promise<void> {
    await translateUniqueViolation(() => this.#manager.insert(RestoreSchema, toRestoreRow(restore, lease)));
  }

  async setProgress(restoreId: string, owner: string, progress: RestoreProgress): Promise<boolean> {
    return this.#update(restoreId, owner, progress);
  }

  async renewLeases(restoreIds: readonly string[], lease: Lease): Promise<void> {
    if (restoreIds.length === 0) return;
    const condition = { id: In([...restoreIds]), leaseOwner: lease.owner, status: RestoreStatus.RUNNING };
    await this.#manager.update(RestoreSchema, condition, { leaseExpiresAt: lease.expiresAt.getTime() });
  }

  async takeOver(restoreId: string, from: Lease, to: Lease): Promise<TakenRestore | null> {
    const update = await this.#manager.update(
      RestoreSchema,
      {
        id: restoreId,
        status: RestoreStatus.RUNNING,
        leaseOwner: from.owner,
        leaseExpiresAt: from.expiresAt.getTime(),
      },
      { leaseOwner: to.owner, leaseExpiresAt: to.expiresAt.getTime() },
    );
    if (update.affected !== 1) return null;
    const row = await this.#manager.findOneByOrFail(RestoreSchema, { id: restoreId });
    const { failureCode: code, failureMessage } = row;
    return { restore: toRestore(row), cause: code === null ? null : { code, message: failureMessage ?? '' } };
  }

  async beginUndo(restoreId: string, owner: string, { code, message }: RestoreFailureCause): Promise<boolean> {
    const changes = { phase: RestorePhase.UNDOING, failureCode: code, failureMessage: message };
    return this.#update(restoreId, owner, changes);
  }

  async end(restoreId: string, owner: string, { completedAt, failure, isCleaned }: EndedRestore): Promise<boolean> {
    const common = { phase: RestorePhase.DONE, completedAt: completedAt.getTime(), isCleaned };
    if (failure !== null) {
      const { code: failureCode, message: failureMessage } = failure;
      return this.#update(restoreId, owner, { ...common, status: RestoreStatus.FAILED, failureCode, failureMessage });
    }
    const restore = await this.find(restoreId);
    const bytesDone = restore?.bytesTotal ?? 0;
    return this.#update(restoreId, owner, { ...common, status: RestoreStatus.COMPLETED, bytesDone });
  }

  async markCleaned(restoreId: string): Promise<void> {
    await this.#manager.update(RestoreSchema, { id: restoreId }, { isCleaned: true });
  }

  /** Compare-and-set of a RUNNING restore that `owner` holds. */
  async #update(id: string, leaseOwner: string, changes: Partial<RestoreRow>): Promise<boolean> {
    const condition = { id, status: RestoreStatus.RUNNING, leaseOwner };
    const update = await this.#manager.update(RestoreSchema, condition, changes);
    return update.affected === 1;
  }

  #filtered(filter: RestoreFilter): SelectQueryBuilder<RestoreRow> {
    const query = this.#manager.createQueryBuilder(RestoreSchema, 'r');
    for (const field of ['project', 'backupId', 'targetInstanceId', 'status'] as const) {
      const value = filter[field];
      if (value !== undefined) query.andWhere(`r.${field} = :${field}`, { [field]: withoutNul(value) });
    }
    return query;
  }
}

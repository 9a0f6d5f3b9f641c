import { In } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { canInstanceMove, InstanceStatus } from '../domain/instance.js';
import type { Instance, InstanceOrderField } from '../domain/instance.js';
import type { Page } from '../domain/page.js';
import type {
  DueCheck,
  InstanceFilter,
  InstanceNote,
  InstancePageRequest,
  InstanceWriter,
  NewInstance,
  StatusTransition,
} from './catalog.js';
import { applyKeyset, containsPattern, toPage, withoutNul } from './keyset.js';
import type { SortKey } from './keyset.js';
import { toInstance, toInstanceRow } from './rows.js';
import { InstanceSchema, StatusChangeSchema } from './schemas.js';
import type { InstanceRow, StatusChangeRow } from './schemas.js';
import { lockEventOrder, translateUniqueViolation } from './dialect.js';

const SORT_KEYS: Readonly<Record<InstanceOrderField, SortKey<InstanceRow>>> = {
  NAME: { column: 'name', type: 'string', valueOf: (row) => row.name },
  CREATED_AT: { column: 'created_at', type: 'number', valueOf: (row) => row.createdAt },
};

/** Those in which no operation runs. */
const IDLE_STATUSES = [InstanceStatus.AVAILABLE, InstanceStatus.ABNORMAL];

export class InstanceRepository implements InstanceWriter {
  readonly #manager: EntityManager;

  constructor(manager: EntityManager) {
    this.#manager = manager;
  }

  async find(id: string): Promise<Instance | null> {
    const [instance] = await this.findMany([id]);
    return instance ?? null;
  }

  async findMany(ids: readonly string[]): Promise<readonly (Instance | null)[]> {
    // PostgreSQL, unlike SQLite, knows no empty list.
    if (ids.length === 0) return [];
    const rows = await this.#query()
      .where('i.id IN (:...ids)', { ids: ids.map(withoutNul) })
      .getMany();
    const byId = new Map(rows.map((row) => [row.id, toInstance(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findByName(project: string, name: string): Promise<Instance | null> {
    const row = await this.#query().where('i.project = :project AND i.name = :name', { project, name }).getOne();
    return row === null ? null : toInstance(row);
  }

  async findSealedUrls(ids: readonly string[]): Promise<readonly (string | null)[]> {
    const rows = await this.#query()
      .addSelect('i.sealedUrl')
      .where('i.id IN (:...ids)', { ids: ids.map(withoutNul) })
      .getMany();
    const byId = new Map(rows.map((row) => [row.id, row.sealedUrl]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async list(request: InstancePageRequest): Promise<Page<Instance>> {
    const sortKey = SORT_KEYS[request.orderBy.field];
    const query = this.#filtered(request.filter);
    applyKeyset(query, sortKey, request);
    return toPage(await query.getMany(), { sortKey, request, toNode: toInstance });
  }

  async count(filter: InstanceFilter): Promise<number> {
    return this.#filtered(filter).getCount();
  }

  async countByStatus(): Promise<ReadonlyMap<InstanceStatus, number>> {
    const rows = await this.#query()
      .select('i.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .groupBy('i.status')
      .getRawMany<{ status: InstanceStatus; count: string | number }>();
    return new Map(rows.map((row) => [row.status, Number(row.count)]));
  }

  async listDueChecks(now: Date, limit: number): Promise<readonly DueCheck[]> {
    const rows = await this.#query()
      .addSelect(['i.checkDueAt', 'i.missedChecks'])
      .where('i.check_due_at <= :now', { now: now.getTime() })
      .andWhere('i.status IN (:...statuses)', { statuses: IDLE_STATUSES })
      .orderBy('i.check_due_at', 'ASC')
      .addOrderBy('i.id', 'ASC')
      .limit(limit)
      .getMany();
    return rows.map((row) => {
      const { checkDueAt = 0, missedChecks = 0 } = row;
      return { instance: toInstance(row), dueAt: new Date(checkDueAt), missedChecks };
    });
  }

  async insert(instance: Instance, more: NewInstance): Promise<void> {
    await translateUniqueViolation(() => this.#manager.insert(InstanceSchema, toInstanceRow(instance, more)));
  }

  async changeStatus(transition: StatusTransition): Promise<boolean> {
    const { instanceId, from, to, role, updatedAt, changes, reason, backupId, at } = transition;
    const isMove = from !== to || changes === undefined;
    if (isMove && !canInstanceMove(from, to)) throw new Error(`an instance cannot go from ${from} to ${to}`);
    const update = await translateUniqueViolation(() =>
      this.#manager.update(
        InstanceSchema,
        {
          id: instanceId,
          status: from,
          ...(role === undefined ? {} : { role }),
          ...(updatedAt === undefined ? {} : { updatedAt: updatedAt.getTime() }),
        },
        {
          ...changes,
          status: to,
          // An available instance has nothing to explain; the log keeps the reason.
          statusReason: transition.statusReason ?? (to === InstanceStatus.AVAILABLE ? null : reason),
          missedChecks: 0,
          updatedAt: at.getTime(),
        },
      ),
    );
    if (update.affected !== 1) return false;
    await this.#append({ instanceId, previousStatus: from, status: to, reason, backupId, occurredAt: at.getTime() });
    return true;
  }

  async hold(instanceId: string): Promise<Instance | null> {
    // An update that changes nothing: others who want to change the instance, or to delete it, wait.
    const id = withoutNul(instanceId);
    const holding = await this.#manager.update(InstanceSchema, { id }, { id });
    return holding.affected === 1 ? this.find(id) : null;
  }

  async note({ instanceId, reason, at }: InstanceNote): Promise<boolean> {
    const instance = await this.hold(instanceId);
    if (instance === null) return false;
    const { status } = instance;
    const occurredAt = at.getTime();
    await this.#append({ instanceId, previousStatus: status, status, reason, backupId: null, occurredAt });
    return true;
  }

  async claimCheck({ instance, dueAt }: DueCheck, nextDueAt: Date): Promise<boolean> {
    const update = await this.#manager.update(
      InstanceSchema,
      { id: instance.id, checkDueAt: dueAt.getTime(), status: In(IDLE_STATUSES) },
      { checkDueAt: nextDueAt.getTime() },
    );
    return update.affected === 1;
  }

  async setMissedChecks({ id, updatedAt }: Pick<Instance, 'id' | 'updatedAt'>, missedChecks: number): Promise<void> {
    const condition = { id, status: InstanceStatus.AVAILABLE, updatedAt: updatedAt.getTime() };
    await this.#manager.update(InstanceSchema, condition, { missedChecks });
  }

  async remove(instanceId: string): Promise<boolean> {
    const removal = await this.#manager.delete(InstanceSchema, { id: instanceId, status: In(IDLE_STATUSES) });
    return removal.affected === 1;
  }

  async #append(change: Omit<StatusChangeRow, 'id'>): Promise<void> {
    await lockEventOrder(this.#manager);
    await this.#manager.insert(StatusChangeSchema, change);
  }

  #query(): SelectQueryBuilder<InstanceRow> {
    return this.#manager.createQueryBuilder(InstanceSchema, 'i');
  }

  #filtered(filter: InstanceFilter): SelectQueryBuilder<InstanceRow> {
    const query = this.#query();
    for (const field of ['project', 'region', 'engine', 'status', 'role'] as const) {
      const value = filter[field];
      if (value !== undefined) query.andWhere(`i.${field} = :${field}`, { [field]: withoutNul(value) });
    }
    if (filter.nameContains !== undefined) {
      query.andWhere(`LOWER(i.name) LIKE :name ESCAPE '\\'`, { name: containsPattern(filter.nameContains) });
    }
    return query;
  }
}

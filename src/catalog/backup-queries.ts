import { Brackets } from 'typeorm';
import type { EntityManager, SelectQueryBuilder } from 'typeorm';
import { BackupStatus, BackupType } from '../domain/backup.js';
import type { Backup, BackupDatabase, BackupOrderField } from '../domain/backup.js';
import type { Page } from '../domain/page.js';
import type { BackupFilter, BackupPageRequest, BackupReader, LeasedBackup } from './catalog.js';
import { applyKeyset, containsPattern, toPage, withoutNul } from './keyset.js';
import type { SortKey } from './keyset.js';
import { toBackup, toBackupDatabase, toLease } from './rows.js';
import { BackupDatabaseSchema, BackupSchema } from './schemas.js';
import type { BackupRow } from './schemas.js';

const SORT_KEYS: Readonly<Record<BackupOrderField, SortKey<BackupRow>>> = {
  STARTED_AT: { column: 'started_at', type: 'number', valueOf: (row) => row.startedAt },
  NAME: { column: 'name', type: 'string', valueOf: (row) => row.name },
};

/** What is read of backups. */
export class BackupQueries implements BackupReader {
  protected readonly manager: EntityManager;

  constructor(manager: EntityManager) {
    this.manager = manager;
  }

  async find(id: string): Promise<Backup | null> {
    const [backup] = await this.findMany([id]);
    return backup ?? null;
  }

  async findMany(ids: readonly string[]): Promise<readonly (Backup | null)[]> {
    // PostgreSQL, unlike SQLite, knows no empty list: so here and below.
    if (ids.length === 0) return [];
    const rows = await this.#query()
      .where('b.id IN (:...ids)', { ids: ids.map(withoutNul) })
      .getMany();
    const byId = new Map(rows.map((row) => [row.id, toBackup(row)]));
    return ids.map((id) => byId.get(id) ?? null);
  }

  async findByName(project: string, name: string): Promise<Backup | null> {
    const row = await this.#query()
      .where('b.project = :project AND b.name = :name', { project, name })
      .andWhere(`b.status NOT IN ('${BackupStatus.FAILED}', '${BackupStatus.DELETING}')`)
      .getOne();
    return row === null ? null : toBackup(row);
  }

  async findActive(instanceIds: readonly string[]): Promise<readonly (Backup | null)[]> {
    if (instanceIds.length === 0) return [];
    const rows = await this.#query()
      .where('b.instance_id IN (:...instanceIds)', { instanceIds })
      .andWhere(`b.status = '${BackupStatus.BUILDING}'`)
      .getMany();
    const byInstance = new Map(rows.map((row) => [row.instanceId, toBackup(row)]));
    return instanceIds.map((id) => byInstance.get(id) ?? null);
  }

  async findDatabases(backupIds: readonly string[]): Promise<readonly (readonly BackupDatabase[])[]> {
    if (backupIds.length === 0) return [];
    const rows = await this.manager
      .createQueryBuilder(BackupDatabaseSchema, 'd')
      .where('d.backup_id IN (:...backupIds)', { backupIds })
      .orderBy('d.system', 'ASC')
      .addOrderBy('d.name', 'ASC')
      .getMany();
    const byBackup = groupBy(rows, (row) => row.backupId);
    return backupIds.map((id) => (byBackup.get(id) ?? []).map(toBackupDatabase));
  }

  async list(request: BackupPageRequest): Promise<Page<Backup>> {
    const sortKey = SORT_KEYS[request.orderBy.field];
    const query = filtered(this.#query(), request.filter);
    applyKeyset(query, sortKey, request);
    return toPage(await query.getMany(), { sortKey, request, toNode: toBackup });
  }

  async listByInstance(instanceIds: readonly string[], request: BackupPageRequest): Promise<readonly Page<Backup>[]> {
    if (instanceIds.length === 0) return [];
    const sortKey = SORT_KEYS[request.orderBy.field];
    const query = this.#query();
    // One limited look into the index for each instance, all in one statement: no instance's history is read through.
    const pages = instanceIds.map((instanceId, index) => {
      const page = filtered(query.subQuery().from(BackupSchema, 'b'), request.filter)
        .select('b.id', 'id')
        .andWhere(`b.instance_id = :instance${index.toString()}`);
      applyKeyset(page, sortKey, request);
      query.setParameters({ ...page.getParameters(), [`instance${index.toString()}`]: instanceId });
      return `SELECT id FROM ${page.getQuery()} AS p${index.toString()}`;
    });
    query.where(`b.id IN (${pages.join(' UNION ALL ')})`);
    query.orderBy(`b.${sortKey.column}`, request.orderBy.direction).addOrderBy('b.id', request.orderBy.direction);
    const byInstance = groupBy(await query.getMany(), (row) => row.instanceId);
    return instanceIds.map((id) => toPage(byInstance.get(id) ?? [], { sortKey, request, toNode: toBackup }));
  }

  async count(filter: BackupFilter): Promise<number> {
    return filtered(this.#query(), filter).getCount();
  }

  async countByInstance(instanceIds: readonly string[], filter: BackupFilter): Promise<readonly number[]> {
    if (instanceIds.length === 0) return [];
    const rows = await filtered(this.#query(), filter)
      .select('b.instance_id', 'instanceId')
      .addSelect('COUNT(*)', 'count')
      .andWhere('b.instance_id IN (:...instanceIds)', { instanceIds })
      .groupBy('b.instance_id')
      .getRawMany<{ instanceId: string; count: string | number }>();
    const byInstance = new Map(rows.map((row) => [row.instanceId, Number(row.count)]));
    return instanceIds.map((id) => byInstance.get(id) ?? 0);
  }

  async countByStatus(): Promise<ReadonlyMap<BackupStatus, number>> {
    const rows = await this.#query()
      .select('b.status', 'status')
      .addSelect('COUNT(*)', 'count')
      .groupBy('b.status')
      .getRawMany<{ status: BackupStatus; count: string | number }>();
    return new Map(rows.map((row) => [row.status, Number(row.count)]));
  }

  async listBuilding(): Promise<readonly LeasedBackup[]> {
    const rows = await this.#query()
      .where(`b.status = '${BackupStatus.BUILDING}'`)
      .orderBy('b.started_at', 'ASC')
      .getMany();
    return rows.map((row) => ({
      backup: toBackup(row),
      lease: toLease(row),
      isCondemned: row.isCondemned,
    }));
  }

  async findCancelled(backupIds: readonly string[]): Promise<readonly string[]> {
    if (backupIds.length === 0) return [];
    const rows = await this.#query()
      .where('b.id IN (:...backupIds)', { backupIds })
      .andWhere(`b.status = '${BackupStatus.BUILDING}' AND b.is_cancelled = :isCancelled`, { isCancelled: true })
      .getMany();
    return rows.map((row) => row.id);
  }

  async listAutomated(instanceId: string): Promise<readonly Backup[]> {
    const rows = await this.#query()
      .where('b.instance_id = :instanceId', { instanceId })
      .andWhere(`b.type = '${BackupType.AUTOMATED}'`)
      .orderBy('b.started_at', 'DESC')
      .addOrderBy('b.id', 'DESC')
      .getMany();
    return rows.map(toBackup);
  }

  async listUncleaned(): Promise<readonly Backup[]> {
    const rows = await this.#query()
      .where(`b.status = '${BackupStatus.FAILED}' AND b.is_cleaned = :isCleaned`, { isCleaned: false })
      .getMany();
    return rows.map(toBackup);
  }

  async listDeleting(): Promise<readonly Backup[]> {
    const rows = await this.#query().where(`b.status = '${BackupStatus.DELETING}'`).getMany();
    return rows.map(toBackup);
  }

  #query(): SelectQueryBuilder<BackupRow> {
    return this.manager.createQueryBuilder(BackupSchema, 'b');
  }
}

function filtered(query: SelectQueryBuilder<BackupRow>, filter: BackupFilter): SelectQueryBuilder<BackupRow> {
  return query.where(
    new Brackets((where) => {
      where.where('TRUE');
      for (const field of ['project', 'region', 'instanceId', 'type', 'status', 'engine'] as const) {
        const value = filter[field];
        if (value !== undefined) where.andWhere(`b.${field} = :${field}`, { [field]: withoutNul(value) });
      }
      if (filter.nameContains !== undefined) {
        where.andWhere(`LOWER(b.name) LIKE :name ESCAPE '\\'`, { name: containsPattern(filter.nameContains) });
      }
      if (filter.startedAfter !== undefined) {
        where.andWhere('b.started_at >= :startedAfter', { startedAfter: filter.startedAfter.getTime() });
      }
      if (filter.startedBefore !== undefined) {
        where.andWhere('b.started_at < :startedBefore', { startedBefore: filter.startedBefore.getTime() });
      }
    }),
  );
}

function groupBy<T>(values: readonly T[], keyOf: (value: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group === undefined) groups.set(keyOf(value), [value]);
    else group.push(value);
  }
  return groups;
}
